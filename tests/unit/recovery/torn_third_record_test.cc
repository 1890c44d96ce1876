// A record that is torn while the one before it stands in area 0: the mirror image of a torn second record.
#include <catch2/catch.hpp>

#include "forged_record.h"
#include "logged_file.h"
#include "recovery/recover_file.h"

TEST_CASE("a torn record leaves the commit before it in place, whichever area that one is in") {
  for (const unsigned commits : {1u, 2u, 3u, 4u}) {
    INFO(commits << " commits");
    test::TempDir dir;
    test::LoggedFile file(dir / "data", std::string(4096, 'a'));
    for (unsigned n = 0; n < commits; ++n)
      file.commit({{test::lines_of(n, 2, static_cast<char>('b' + n))}, 4096});
    const std::string after = file.contents();
    file.write_record({{test::lines_of(3, 2, 'z')}, 4096});
    const test::u64 area = file.next_area_offset();
    file.crash();
    test::patch_file(file.log_path(), area + 128, std::string(64, 'T'));
    snapshot::FileReport report;
    REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
    CHECK(report.findings.verdict == snapshot::Verdict::complete);
    CHECK(report.findings.sequence == commits);
    CHECK(file.contents() == after);
  }
}
