// Claim: a record that cannot be read is an error, never taken for one that is not there: recovery would
// judge by the record before it. Method: pread fails with EIO for the one place, in a child.
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "in_child.h"
#include "log/log_reader.h"
#include "logged_file.h"
#include "small_disk.h"
#include "syscall_fault.h"

TEST_CASE("an I/O error in any part of a log is reported as such") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", std::string(100000, 'a'));
  file.commit({{test::lines_of(0, 600, 'b')}, 100000});
  const auto area = static_cast<uint32_t>(file.log().area[1].offset);
  // Area entry, record header, first and second hash piece.
  for (uint32_t offset : {192u, area, area + 64, area + 64 + 16384}) {
    INFO("offset " << offset);
    const int status = test::in_child([&] {
      snapshot::LogView log;
      if (!snapshot::read_log(file.log().fd, "log", &log).ok()) return 1;
      // The fourth argument is the offset.
      if (!test::inject(SYS_pread64, 3, offset, offset + 1, test::fails_with(EIO))) return 77;
      if (snapshot::read_log(file.log().fd, "log", &log).error != EIO) return 2;
      return test::last_error().find("input/output error; nothing was changed") != std::string::npos ? 0 : 3;
    });
    if (status == 77) return test::say_skipped("I/O errors", "no seccomp filters here");
    CHECK(status == 0);
  }
}
