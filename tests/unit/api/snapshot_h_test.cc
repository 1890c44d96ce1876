// The functions of snapshot.h beside snapshot_commit: what they do, count, refuse and say.
#include <sys/single_threaded.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

#include "in_child.h"
#include "protocol.h"
#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096;
int error_of(int result) { return result == 0 ? 0 : errno; }
std::string last_error() { return snapshot_last_error(); }

}  // namespace

TEST_CASE("the version is that of the header") {
  CHECK(std::string(snapshot_version()) == SNAPSHOT_VERSION_STRING);
}

TEST_CASE("statistics count thread fences: none without another thread, and one for some commits with one") {
  ScratchFile file(256 * page);
  const auto fences_of_commits = [&] {
    const auto before = statistics();
    for (std::uint64_t i = 0; i < 128; ++i) {
      store(file.word(512 * i), i + 1);
      REQUIRE(file.commit() == 0);
    }
    return statistics().thread_fences - before.thread_fences;
  };
  // Before any other case has had a thread.
  if (__libc_single_threaded) CHECK(fences_of_commits() == 0);
  std::atomic<bool> stop{false};
  std::thread other([&] { stop.wait(false); });
  const auto fences = fences_of_commits();
  CHECK(fences >= 2);
  CHECK(fences <= 128);
  stop = true;
  stop.notify_all();
  other.join();
}

TEST_CASE("rollback puts the lines of its range back, and leaves the others pending") {
  ScratchFile file(4 * page);
  fill(file.begin(), 1, file.size());
  REQUIRE(file.commit() == 0);
  const std::string committed = file.working();
  fill(file.begin() + 100, 2, 10000);
  REQUIRE(snapshot_rollback(file.begin() + 128, 1000) == 0);
  for (std::size_t i : {128ul, 1000ul, 1127ul, 1151ul}) CHECK(file.begin()[i] == 1);
  for (std::size_t i : {100ul, 127ul, 1152ul, 10099ul}) CHECK(file.begin()[i] == 2);
  CHECK((file.on_file() == committed));
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}

TEST_CASE("rollback of the whole file restores its size and can be followed by more work") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 0));
  MappedFile file(dir / "data", 8 * page);  // more than the file has, to see it grow
  const auto before = statistics();
  store(file.word(3), std::uint64_t{3});
  REQUIRE(file.commit() == 0);
  store(file.word(3), std::uint64_t{4});
  SECTION("after growth") {
    REQUIRE(ftruncate(file.fd(), 8 * page) == 0);
    fill(file.begin() + 6 * page, 1, page);
  }
  SECTION("after a shrink") { REQUIRE(ftruncate(file.fd(), 100) == 0); }
  SECTION("without") {}
  REQUIRE(snapshot_rollback(file.begin(), file.size()) == 0);
  struct stat st;
  REQUIRE(fstat(file.fd(), &st) == 0);
  CHECK(st.st_size == 4 * page);
  CHECK(*file.word(3) == 3);
  CHECK(statistics().rollbacks == before.rollbacks + 1);
  store(file.word(4), std::uint64_t{5});
  REQUIRE(file.commit() == 0);
  const std::string on_file = file.on_file();
  REQUIRE(on_file.size() == 4 * page);
  CHECK((on_file == std::string(file.begin(), 4 * page)));
  // Growing again shows zeros, not what was rolled back.
  REQUIRE(ftruncate(file.fd(), 8 * page) == 0);
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == on_file + std::string(4 * page, 0)));
  CHECK((file.on_file() == file.working()));
}

TEST_CASE("a declared range is committed, and what is not managed in it is ignored") {
  ScratchFile file(64 * page);
  long unmanaged = 1;
  snapshot_log_range(&unmanaged, sizeof unmanaged);
  snapshot_log_range(nullptr, 10);
  snapshot_log_range(file.begin(), 0);
  REQUIRE(file.commit() == 0);
  CHECK(statistics().files_managed == 1);
  for (std::size_t i = 0; i < file.size(); i += 64) file.begin()[i] = 'a';
  SECTION("exactly") { snapshot_log_range(file.begin(), file.size()); }
  SECTION("beyond the end of the range") { snapshot_log_range(file.begin(), ~std::size_t{0}); }
  SECTION("beyond the end of the window") {
    snapshot_log_range(file.begin(), std::size_t{1} << (SNAPSHOT_RANGE_BITS - 1));
  }
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}

TEST_CASE("is_managed knows the mapping's ends") {
  ScratchFile file(4 * page);
  long unmanaged = 1;
  CHECK(snapshot_is_managed(file.begin(), 4 * page) == 1);
  CHECK(snapshot_is_managed(file.begin() + 17, 1) == 1);
  CHECK(snapshot_is_managed(file.begin(), 0) == 1);
  CHECK(snapshot_is_managed(file.begin() + 4 * page - 1, 1) == 1);
  CHECK(snapshot_is_managed(file.begin(), 4 * page + 1) == 0);
  CHECK(snapshot_is_managed(file.begin() + 4 * page, 1) == 0);
  CHECK(snapshot_is_managed(file.begin() + 4 * page, 0) == 0);
  CHECK(snapshot_is_managed(file.begin(), ~std::size_t{0}) == 0);
  CHECK(snapshot_is_managed(&unmanaged, sizeof unmanaged) == 0);
  CHECK(snapshot_is_managed(nullptr, 1) == 0);
}

TEST_CASE("commit and rollback of what is not managed, or not mapped, fail with words") {
  ScratchFile file(4 * page);
  long unmanaged = 1;
  CHECK(error_of(snapshot_commit(&unmanaged, 8)) == EINVAL);
  CHECK(last_error().find("not in a managed file") != std::string::npos);
  CHECK(error_of(snapshot_rollback(&unmanaged, 8)) == EINVAL);
  CHECK(error_of(snapshot_commit(file.begin() + 4 * page, 1)) == EINVAL);
  CHECK(error_of(snapshot_commit(file.begin(), 4 * page + 1)) == ENOMEM);
  CHECK(last_error().find("beyond what is mapped") != std::string::npos);
  CHECK(error_of(snapshot_rollback(file.begin(), 4 * page + 1)) == ENOMEM);
  CHECK(error_of(snapshot_commit(file.begin(), SNAPSHOT_WHOLE_FILE - 1)) == ENOMEM);
  CHECK(error_of(snapshot_commit(&unmanaged, SNAPSHOT_WHOLE_FILE)) == EINVAL);
  CHECK(error_of(snapshot_rollback(file.begin() + 4 * page, SNAPSHOT_WHOLE_FILE)) == EINVAL);
}

TEST_CASE("SNAPSHOT_WHOLE_FILE means what is not mapped of the file, too, and its size") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 0));
  MappedFile file(dir / "data", page);
  const std::string bytes(2 * page, 'x');
  const auto read_all = [&] {
    struct stat st;
    REQUIRE(fstat(file.fd(), &st) == 0);
    std::string text(static_cast<std::size_t>(st.st_size), '?');
    REQUIRE(pread(file.fd(), text.data(), text.size(), 0) == st.st_size);
    return text;
  };
  const auto change = [&] {
    store(file.word(3), *file.word(3) + 1);
    REQUIRE(pwrite(file.fd(), bytes.data(), bytes.size(), 3 * page) == 2 * page);
  };
  change();
  // From anywhere in the mapping.
  char *const inside = file.begin() + 100;
  REQUIRE(snapshot_rollback(inside, SNAPSHOT_WHOLE_FILE) == 0);
  CHECK((read_all() == std::string(4 * page, 0)));
  CHECK(*file.word(3) == 0);

  change();
  const auto before = statistics();
  REQUIRE(snapshot_commit(inside, SNAPSHOT_WHOLE_FILE) == 0);
  CHECK(statistics().commits == before.commits + 1);
  const std::string committed = read_all();
  REQUIRE(committed.size() == 5 * page);
  CHECK((committed.substr(3 * page) == bytes));
  CHECK((read_file(dir / "data") == committed));

  change();
  REQUIRE(ftruncate(file.fd(), 10) == 0);
  REQUIRE(snapshot_rollback(inside, SNAPSHOT_WHOLE_FILE) == 0);
  CHECK((read_all() == committed));
}

TEST_CASE("the last error is this thread's, and empty before the first") {
  ScratchFile file(page);
  (void)snapshot_commit(nullptr, 1);
  CHECK(last_error() != "");
  std::string others = "?";
  std::thread([&] { others = snapshot_last_error(); }).join();
  CHECK(others == "");
}

TEST_CASE("statistics count commits, fences, lines and log bytes") {
  ScratchFile file(4 * page);
  const auto before = statistics();
  REQUIRE(file.commit() == 0);
  store(file.word(0), std::uint64_t{1});
  store(file.word(1), std::uint64_t{1});
  store(file.word(100), std::uint64_t{1});
  REQUIRE(file.commit() == 0);
  const auto after = statistics();
  CHECK(after.version == SNAPSHOT_STATISTICS_VERSION);
  CHECK(after.size == sizeof after);
  CHECK(after.files_managed == 1);
  CHECK(after.commits == before.commits + 1);
  CHECK(after.commits_empty == before.commits_empty + 1);
  CHECK(after.lines_committed == before.lines_committed + 2);
  // A header line, a line of runs, and the old lines.
  CHECK(after.bytes_logged == before.bytes_logged + 4 * 64);
  file.unmap();
  CHECK(statistics().files_managed == 0);
  CHECK(statistics().commits == after.commits);
}

TEST_CASE("statistics fit old and new callers") {
  snapshot_statistics s;
  memset(&s, 0x5a, sizeof s);
  REQUIRE(snapshot_get_statistics(&s, 16) == 0);
  CHECK(s.version == SNAPSHOT_STATISTICS_VERSION);
  CHECK(s.size == 16);
  CHECK(s.commits == 0x5a5a5a5a5a5a5a5a);
  CHECK(error_of(snapshot_get_statistics(&s, 7)) == EINVAL);
  char large[sizeof s + 100];
  memset(large, 0x5a, sizeof large);
  REQUIRE(snapshot_get_statistics(reinterpret_cast<snapshot_statistics *>(large), sizeof large) == 0);
  CHECK(large[sizeof s] == 0x5a);
}

TEST_CASE("invariant 2: durable: every commit has exactly the fences of its protocol, whatever its size") {
  const std::uint64_t fences = test::commits_by_redo() ? 1 : 2;

  ScratchFile file(1 << 20);
  const auto before = statistics();
  std::uint64_t value = 0;
  for (std::size_t lines : {1u, 2u, 100u, 5000u, 1u}) {
    for (std::size_t i = 0; i < lines; ++i) store(file.word(i * 16), ++value);
    REQUIRE(file.commit() == 0);
  }
  REQUIRE(file.commit() == 0);  // nothing to do: no fence
  REQUIRE(ftruncate(file.fd(), 2 << 20) == 0);
  REQUIRE(file.commit() == 0);  // the size alone
  store(file.word(0), ++value);
  REQUIRE(fsync(file.fd()) == 0);
  store(file.word(0), ++value);
  REQUIRE(file.unmap() == 0);
  const auto after = statistics();
  CHECK(after.commits == before.commits + 8);
  const std::uint64_t at_close = test::appends_to_log() ? 1 : 0;  // of the file itself
  CHECK(after.fences == before.fences + 8 * fences + at_close);
}

TEST_CASE("a forked child reads, and cannot commit; the parent goes on") {
  ScratchFile file(4 * page);
  store(file.word(0), std::uint64_t{1});
  REQUIRE(file.commit() == 0);
  store(file.word(0), std::uint64_t{2});
  CHECK(in_child([&] {
          if (*file.word(0) != 2) return 1;
          store(file.word(1), std::uint64_t{3});
          if (error_of(file.commit()) != EPERM) return 2;
          if (last_error().find("parent") == std::string::npos) return 3;
          if (error_of(snapshot_commit(file.begin(), 8)) != EPERM) return 4;
          if (error_of(snapshot_rollback(file.begin(), 8)) != EPERM) return 5;
          if (error_of(fsync(file.fd())) != EPERM && fsync(file.fd()) != 0) return 6;
          return munmap(file.begin(), file.size()) == 0 ? 0 : 7;
        }) == 0);
  CHECK(backing_word(file.word(0)) == 1);
  CHECK(backing_word(file.word(1)) == 0);
  REQUIRE(file.commit() == 0);
  CHECK(backing_word(file.word(0)) == 2);
  CHECK(*file.word(1) == 0);
}
