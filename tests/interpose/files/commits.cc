// What commits, what does not, and what is left behind when a process ends.
#include <catch2/catch.hpp>

#include "files.h"
#include "in_child.h"
#include "protocol.h"

using namespace test;

TEST_CASE("fsync and fdatasync on any descriptor of the file commit all of it") {
  const DataFile file(4 * kPage);
  char *m = file.map(2 * kPage), *n = file.map(kPage, 3 * kPage);
  store(m, "first");
  store(n, "last");
  const DataFile reader(file.path, O_RDONLY);
  SECTION("fsync") { REQUIRE(fsync(file.fd) == 0); }
  SECTION("fdatasync") { REQUIRE(fdatasync(file.fd) == 0); }
  SECTION("fsync of another descriptor") { REQUIRE(fsync(reader.fd) == 0); }
  CHECK(file.real_bytes(0, 5) == "first");
  CHECK(file.real_bytes(3 * kPage, 4) == "last");
  REQUIRE(munmap(m, 2 * kPage) == 0);
  REQUIRE(munmap(n, kPage) == 0);
}

TEST_CASE("fsync of another file commits nothing of this one") {
  const DataFile file(kPage), other(kPage);
  char *m = file.map(kPage);
  store(m, "pending");
  REQUIRE(fsync(other.fd) == 0);
  CHECK(file.real_bytes(0, 7) == zeros(7));
  REQUIRE(munmap(m, kPage) == 0);
  CHECK(fsync(file.fd) == 0);
}

TEST_CASE("msync of a part commits just the pages of that part") {
  const DataFile file(8 * kPage);
  char *m = file.map(8 * kPage);
  for (std::size_t i = 0; i < 8; ++i) store(m + i * kPage + 7, static_cast<char>('0' + i));
  const auto committed = [&] {
    std::string seen;
    for (std::size_t i = 0; i < 8; ++i)
      if (file.real_bytes(i * kPage + 7, 1)[0] != 0) seen += file.real_bytes(i * kPage + 7, 1);
    return seen;
  };
  REQUIRE(msync(m + 2 * kPage, kPage, MS_SYNC) == 0);
  CHECK(committed() == "2");
  REQUIRE(msync(m + 3 * kPage, kPage + 1, MS_SYNC) == 0);
  CHECK(committed() == "234");
  REQUIRE(msync(m + 7 * kPage, 1, MS_ASYNC) == 0);
  CHECK((committed() == "234" || committed() == "2347"));
  REQUIRE(msync(m, 0, MS_SYNC) == 0);
  CHECK((committed() == "234" || committed() == "2347"));
  REQUIRE(msync(m, kPage, MS_SYNC | MS_INVALIDATE) == 0);
  CHECK(committed() == "02347");
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK(committed() == "01234567");
}

TEST_CASE("a store to the last byte of the mapping") {
  const DataFile file(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m + 2 * kPage - 1, 'e');
  REQUIRE(msync(m + kPage, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(2 * kPage - 1, 1) == "e");
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("a rollback brings back the last commit and leaves the file alone") {
  const DataFile file(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "committed");
  REQUIRE(SNAPSHOT_CALL(snapshot_commit)(m, 2 * kPage) == 0);
  store(m, "discarded");
  store(m + kPage, "kept");
  REQUIRE(SNAPSHOT_CALL(snapshot_rollback)(m, 9) == 0);
  CHECK(std::string(m, 9) == "committed");
  CHECK(std::string(m + kPage, 4) == "kept");
  REQUIRE(munmap(m, 2 * kPage) == 0);
  CHECK(file.real_bytes(0, 9) == "committed");
  CHECK(file.real_bytes(kPage, 4) == "kept");
}

TEST_CASE("however a process ends, the file is at its last commit") {
  const std::string path = new_path();
  write_file(path, zeros(kPage));
  const auto end = GENERATE(0, 1, 2, 3, 4, 5);
  const int status = in_child([&]() -> int {
    const DataFile file(path);
    char *m = file.map(kPage);
    store(m, "committed");
    if (msync(m, kPage, MS_SYNC) != 0) return 1;
    store(m, "discarded");
    switch (end) {
      case 0:
        exit(0);
      case 1:
        _exit(0);
      case 2:
        quick_exit(0);
      case 3:
        signal(SIGABRT, SIG_DFL), abort();
      case 4:
        return raise(SIGKILL);
      default:
        signal(SIGSEGV, SIG_DFL);
        return raise(SIGSEGV);
    }
  });
  CAPTURE(end);
  CHECK(status == (end < 3 ? 0 : 128 + (end == 3 ? SIGABRT : end == 4 ? SIGKILL : SIGSEGV)));
  // exit runs the library's destructor, which has nothing to leave for recovery.
  CHECK(has_log(path) == (end != 0));
  CHECK(raw_bytes(path).substr(0, 9) == "committed");
  const DataFile file(path);
  char *m = file.map(kPage);
  CHECK(std::string(m, 9) == "committed");
  REQUIRE(munmap(m, kPage) == 0);
  CHECK_FALSE(has_log(path));
}

namespace {
char *left_to_atexit;
void store_late() {
  store(left_to_atexit, "late");
  if (msync(left_to_atexit, kPage, MS_SYNC) != 0) _exit(9);
}
}  // namespace

TEST_CASE("a handler of atexit may still commit") {
  const DataFile file(kPage);
  CHECK(in_child([&]() -> int {
          left_to_atexit = file.map(kPage);
          if (atexit(store_late) != 0) return 1;
          exit(0);
        }) == 0);
  CHECK(file.real_bytes(0, 4) == "late");
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("each commit is counted, and an empty one is no commit") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  const snapshot_statistics before = statistics();
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  store(m, 'x');
  store(m + 1, 'y');
  store(m + 64, 'z');
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  REQUIRE(munmap(m, kPage) == 0);
  const snapshot_statistics after = statistics();
  CHECK(after.commits - before.commits == 1);
  CHECK(after.commits_empty - before.commits_empty == 2);
  CHECK(after.lines_committed - before.lines_committed == 2);
  CHECK(after.fences - before.fences == (test::commits_by_redo() ? 1 : 2));
  CHECK(after.files_managed == before.files_managed - 1);
}
