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

// Behind one that is damaged there may be one that says that it was durable.
TEST_CASE("an I/O error in an appended record behind a damaged one is reported as such") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", std::string(4096, 'a'), snapshot::MediumKind::page_cache,
                        test::Logs::appended);
  std::uint32_t places[3];
  for (std::uint32_t &place : places) {
    place = static_cast<std::uint32_t>(file.log().area[1].offset + file.log().tail.used);
    const test::Change change = {{test::lines_of(1, 1, 'b')}, 4096};
    file.write_record(change);
    file.finish(change);
  }
  std::string log = test::read_file(file.log_path());
  log[places[1]] = 'x';
  test::write_file(file.log_path(), log);
  const int status = test::in_child([&] {
    snapshot::LogView view;
    if (!snapshot::read_log(file.log().fd, "log", &view).ok() || !view.record_missing) return 1;
    if (!test::inject(SYS_pread64, 3, places[2] + 64, places[2] + 65, test::fails_with(EIO))) return 77;
    return snapshot::read_log(file.log().fd, "log", &view).error == EIO ? 0 : 2;
  });
  if (status == 77) return test::say_skipped("I/O errors", "no seccomp filters here");
  CHECK(status == 0);
}
