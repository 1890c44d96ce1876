// Recovery of a file by name: symbolic links, what is no file, locks, and looking without touching.
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "forged_record.h"
#include "logged_file.h"
#include "platform/private_fd.h"
#include "recovery/recover_file.h"

namespace {

using snapshot::FileReport;
using snapshot::Verdict;
using test::LoggedFile;

const test::Change kChange = {{test::lines_of(1, 1, 'n')}, 4096};

int inspect(const std::string &path) {
  FileReport report{};
  return snapshot::inspect_file(path.c_str(), &report).error;
}
int recover(const std::string &path) {
  FileReport report{};
  return snapshot::recover_file(path.c_str(), &report).error;
}
bool said(const std::string &words) { return test::last_error().find(words) != std::string::npos; }

}  // namespace

TEST_CASE("what is missing or is no regular file is an error that names it") {
  test::TempDir dir;
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  for (auto call : {inspect, recover}) {
    CHECK(call(dir / "none") == ENOENT);
    CHECK(said(dir / "none" + ": cannot open: no such file or directory; check the name"));
    CHECK(call(dir / "fifo") == EINVAL);
    CHECK(said("is not a regular file"));
  }
  CHECK(inspect(dir.path()) == EINVAL);
  CHECK(recover(dir.path()) == EISDIR);
}

TEST_CASE("a file without a log needs nothing") {
  test::TempDir dir;
  test::write_file(dir / "data", "abc");
  FileReport report{};
  REQUIRE(snapshot::recover_file((dir / "data").c_str(), &report).ok());
  CHECK(report.findings.verdict == Verdict::no_log);
  CHECK(report.findings.size_now == 3);
  CHECK(report.findings.size_recovered == 3);
}

TEST_CASE("a file is recovered through a symbolic link, with the log beside the file itself") {
  test::TempDir dir, elsewhere;
  LoggedFile file(dir / "data", std::string(4096, 'a'));
  file.write_record(kChange);
  file.put_bytes(64, "torn");
  file.crash();
  REQUIRE(symlink(file.path().c_str(), (elsewhere / "link").c_str()) == 0);
  REQUIRE(recover(elsewhere / "link") == 0);
  CHECK(file.contents() == std::string(4096, 'a'));
  CHECK_FALSE(test::exists(file.log_path()));
}

TEST_CASE("a log that is a symbolic link is not followed") {
  test::TempDir dir;
  LoggedFile file(dir / "data", std::string(4096, 'a'));
  file.write_record(kChange);
  file.crash();
  REQUIRE(rename(file.log_path().c_str(), (dir / "real").c_str()) == 0);
  REQUIRE(symlink((dir / "real").c_str(), file.log_path().c_str()) == 0);
  for (auto call : {inspect, recover}) {
    CHECK(call(file.path()) == ELOOP);
    CHECK(said(file.log_path()));
  }
}

TEST_CASE("a file that a process is writing is neither inspected nor recovered") {
  test::TempDir dir;
  LoggedFile file(dir / "data", std::string(4096, 'a'));
  file.write_record(kChange);
  file.put_bytes(64, "torn");
  const std::string now = file.contents();
  CHECK(inspect(file.path()) == EAGAIN);
  CHECK(recover(file.path()) == EAGAIN);
  CHECK(file.contents() == now);
  CHECK(test::exists(file.log_path()));
}

TEST_CASE("inspecting changes neither contents nor time stamps") {
  test::TempDir dir;
  LoggedFile file(dir / "data", std::string(4096, 'a'));
  file.write_record(kChange);
  file.put_bytes(64, "torn");
  file.crash();
  struct stat before[2], after[2];
  const std::string names[2] = {file.path(), file.log_path()};
  const std::string data = file.contents(), log = test::read_file(file.log_path());
  for (int i = 0; i < 2; ++i) REQUIRE(stat(names[i].c_str(), &before[i]) == 0);
  REQUIRE(inspect(file.path()) == 0);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(stat(names[i].c_str(), &after[i]) == 0);
    CHECK(after[i].st_mtim.tv_sec == before[i].st_mtim.tv_sec);
    CHECK(after[i].st_mtim.tv_nsec == before[i].st_mtim.tv_nsec);
    CHECK(after[i].st_ctim.tv_nsec == before[i].st_ctim.tv_nsec);
    CHECK(after[i].st_size == before[i].st_size);
  }
  CHECK(file.contents() == data);
  CHECK(test::read_file(file.log_path()) == log);
}

TEST_CASE("inspection all the time does not keep a program from its file") {
  // Inspecting this much takes far longer than a program waits for a lock (sidecar.cc).
  constexpr test::u64 kLarge = 64 << 20;
  test::TempDir dir;
  LoggedFile file(dir / "data", std::string(kLarge, 'a'));
  file.write_record({{test::lines_of(0, kLarge / 64, 'n')}, kLarge});
  file.crash();
  std::atomic<bool> stop = false;
  std::thread inspector([&] {
    while (!stop) (void)inspect(file.path());
  });
  int failures = 0;
  for (int i = 0; i < 20; ++i) {
    int fd = -1;
    if (snapshot::lock_existing_log(file.log_path().c_str(), snapshot::Contention::report, true, &fd).error !=
        0)
      ++failures;
    snapshot::close_private(fd);
    usleep(5000);
  }
  stop = true;
  inspector.join();
  CHECK(failures == 0);
}
