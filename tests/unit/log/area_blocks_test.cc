// Claim: wherever the areas move, every byte of them has its block on the file system (areas.h): writing a
// record cannot fail for want of space, and on memory media cannot raise a signal. Method: all blocks are
// counted after each move; what is given back of the old place must be nothing of the new one.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "log/log_reader.h"
#include "logged_file.h"

using snapshot::Log;
using test::u64;

TEST_CASE("after every move the areas have all their blocks, and the newest record is whole") {
  test::TempDir dir;
  for (const auto kind : {snapshot::MediumKind::page_cache, snapshot::MediumKind::memory}) {
    test::LoggedFile file(dir / (kind == snapshot::MediumKind::memory ? "m" : "p"), std::string(64, 'a'),
                          kind);
    Log &log = file.log();
    u64 random = 99;
    for (unsigned n = 0; n < 120; ++n) {
      random = random * 6364136223846793005 + 1442695040888963407;
      REQUIRE(snapshot::reserve_record(&log, 1 + (random >> 33) % (u64{1} << (10 + n % 16))).ok());
      file.commit({{test::lines_of(0, 1, 'b')}, 64});
      struct stat st;
      REQUIRE(fstat(log.fd, &st) == 0);
      const u64 areas = log.area[0].capacity + log.area[1].capacity;
      REQUIRE(static_cast<u64>(st.st_blocks) * 512 >= snapshot::format::kFirstAreaOffset + areas);
      snapshot::LogView view;
      REQUIRE(snapshot::read_log(log.fd, "log", &view).ok());
      REQUIRE(view.record[snapshot::format::area_of(log.sequence)].state == snapshot::AreaState::whole);
    }
  }
}
