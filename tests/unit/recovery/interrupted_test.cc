// Claim: recovery that is interrupted anywhere, at any depth, changes nothing in the end. Method: in a child,
// the system calls that write to the data file fail, or kill, at one place after the other; then recovery
// runs again.
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "in_child.h"
#include "logged_file.h"
#include "recovery/recover_file.h"
#include "small_disk.h"
#include "syscall_fault.h"

namespace {

using snapshot::FileReport;
using test::Change;
using test::LoggedFile;
using test::u64;

constexpr u64 kSize = 9 * 4096;

// Runs of several lengths, with pages between them, so that recovery writes several times.
const Change kChange = {{test::lines_of(1, 1, 'n'), test::lines_of(132, 3, 'n'), test::lines_of(276, 8, 'n'),
                         test::lines_of(447, 1, 'n'), test::lines_of(548, 40, 'n')},
                        kSize + 808};
constexpr uint32_t kOffsets[] = {64, 132 * 64, 276 * 64, 447 * 64, 548 * 64};

struct Crashed {
  Crashed() : file(dir / "data", std::string(kSize, 'a')) {
    file.commit({{test::lines_of(2, 5, 'b')}, kSize});
    before = file.contents();
    file.write_record(kChange);
    file.put_lines(kChange);
    file.put_bytes(548 * 64 + 5, "torn");
    file.crash();
  }
  int recover() {
    FileReport report{};
    return snapshot::recover_file(file.path().c_str(), &report).error;
  }
  // Runs recovery in a child under the fault; true if the child could set it up.
  bool recover_with(long call, unsigned argument, uint32_t from, uint32_t to, uint32_t action) {
    return test::in_child([&] {
             if (!test::inject(call, argument, from, to, action)) return 77;
             (void)recover();
             return 0;
           }) != 77;
  }
  test::TempDir dir;
  LoggedFile file;
  std::string before;
};

}  // namespace

TEST_CASE("recovery that fails or dies at any write to the file succeeds the next time") {
  for (uint32_t action :
       {test::fails_with(EIO), test::fails_with(ENOSPC), uint32_t{SECCOMP_RET_KILL_PROCESS}})
    for (uint32_t offset : kOffsets) {
      Crashed c;
      if (!c.recover_with(SYS_pwrite64, 3, offset, offset + 1, action))
        return test::say_skipped("interrupted recovery", "no seccomp filters here");
      REQUIRE(test::exists(c.file.log_path()));
      REQUIRE(c.file.contents() != c.before);
      REQUIRE(c.recover() == 0);
      CHECK(c.file.contents() == c.before);
    }
}

TEST_CASE("recovery that is interrupted again and again, a little further each time, succeeds at last") {
  Crashed c;
  for (uint32_t offset : kOffsets)
    if (!c.recover_with(SYS_pwrite64, 3, offset, offset + 1, SECCOMP_RET_KILL_PROCESS)) return;
  for (long call : {SYS_ftruncate, SYS_fsync})
    REQUIRE(c.recover_with(call, 0, 0, UINT32_MAX, SECCOMP_RET_KILL_PROCESS));
  REQUIRE(c.recover() == 0);
  CHECK(c.file.contents() == c.before);
}

TEST_CASE("recovery that fails or dies when it resizes, syncs or puts the log away succeeds the next time") {
  for (uint32_t action : {test::fails_with(EIO), uint32_t{SECCOMP_RET_KILL_PROCESS}})
    for (long call : {SYS_ftruncate, SYS_fsync, SYS_fdatasync, SYS_unlink}) {
      Crashed c;
      if (!c.recover_with(call, 0, 0, UINT32_MAX, action)) return;
      REQUIRE(c.recover() == 0);
      CHECK(c.file.contents() == c.before);
      CHECK_FALSE(test::exists(c.file.log_path()));
    }
}

TEST_CASE("a failure during recovery is reported with its reason, and the log stays") {
  Crashed c;
  const int status = test::in_child([&] {
    if (!test::inject(SYS_fsync, 0, 0, UINT32_MAX, test::fails_with(EIO))) return 0;
    return c.recover() == EIO && test::last_error().find("input/output error") != std::string::npos ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK(test::exists(c.file.log_path()));
}

TEST_CASE("a write that is cut short by a crash is put right") {
  // As if the kernel had written just part of a piece: any prefix of the old bytes, at any piece.
  Crashed c;
  const std::string log = test::read_file(c.file.log_path()), torn = c.file.contents();
  for (const test::NewLines &run : kChange.runs)
    for (u64 bytes : {u64{1}, u64{8}, u64{63}, run.bytes.size() - 1}) {
      const u64 begin = std::min(run.line * 64, kSize), end = std::min(begin + bytes, kSize);
      std::string partly = torn;
      partly.replace(begin, end - begin, c.before, begin, end - begin);
      test::write_file(c.file.path(), partly);
      test::write_file(c.file.log_path(), log);
      REQUIRE(c.recover() == 0);
      CHECK(c.file.contents() == c.before);
    }
}

TEST_CASE("a file that cannot be read or written is reported, and recovery works once that is mended") {
  Crashed c;
  const int status = test::in_child([&] {
    if (!test::inject(SYS_pread64, 3, kOffsets[1], kOffsets[1] + 1, test::fails_with(EIO))) return 0;
    return c.recover() == EIO ? 0 : 1;
  });
  CHECK(status == 0);
  REQUIRE(c.recover() == 0);
  CHECK(c.file.contents() == c.before);
}

TEST_CASE("recovery puts back lines in place on a disk that is full") {
  test::SmallDisk disk("tmpfs", "size=1m");
  if (!disk.mounted()) return test::say_skipped("full disk", "cannot mount a tmpfs (needs root)");
  LoggedFile file(disk / "data", std::string(kSize, 'a'));
  file.write_record({{test::lines_of(1, 50, 'n')}, kSize});
  file.put_bytes(64, "torn");
  file.crash();
  std::string ballast(4096, 'b');
  std::ofstream out(disk / "ballast");
  while (out.write(ballast.data(), 4096).flush()) continue;
  FileReport report{};
  REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
  CHECK(file.contents() == std::string(kSize, 'a'));
}
