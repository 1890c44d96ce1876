// Looking at a file and its log needs no permission to write them.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "crash_states.h"
#include "in_child.h"
#include "recovery/recover_file.h"
#include "small_disk.h"

TEST_CASE("a file is inspected by somebody who may read file and log, and no more") {
  if (getuid() != 0) return test::say_skipped("inspection by another user", "needs root");
  test::TempDir dir;
  const std::string path = test::make_incomplete(dir);
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  REQUIRE(chmod(path.c_str(), 0644) == 0);
  REQUIRE(chmod((path + ".snaplog").c_str(), 0644) == 0);
  const int status = test::in_child([&] {
    if (setgid(65534) != 0 || setuid(65534) != 0) return 1;
    snapshot::FileReport report;
    if (!snapshot::inspect_file(path.c_str(), &report).ok()) return 2;
    if (report.findings.verdict != snapshot::Verdict::undo) return 3;
    return snapshot::recover_file(path.c_str(), &report).error == EACCES ? 0 : 4;
  });
  CHECK(status == 0);
}
