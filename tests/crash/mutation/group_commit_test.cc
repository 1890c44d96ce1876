// Threads that commit at the same time on page-cache media share a sync. Claims: all that came while one sync
// was running are durable by the next one alone; if that one fails each of them hears of it, none of their
// lines is lost or committed, and a rollback finds the commit before. Method: the first sync is held until
// the others wait, which the system calls show. Nothing depends on timing.
#include <linux/futex.h>

#include <atomic>
#include <thread>

#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"
#include "snapshot/snapshot.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr std::size_t threads = 4;

std::atomic<unsigned> syncs, waiting, fail_from;
std::atomic<bool> async_begun;

// One waits for the file's lock, the others for that one.
long hold_first_sync(long number, const long a[6]) {
  if (number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) ++waiting;
  if (number == SYS_fdatasync) {
    const unsigned n = ++syncs;
    while (n == 1 && waiting < threads - 1) std::this_thread::yield();
    if (fail_from != 0 && n >= fail_from) return -EIO;
  }
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void require(bool holds, const char *what) {
  if (!holds) throw std::runtime_error(what);
}

struct Outcome {
  int result, error;
};

// Each thread stores to a page of its own and commits it. The first is in its sync before the others begin,
// the second of which calls before_commit.
std::vector<Outcome> commit_at_once(
    const MappedFile &file, char letter, const std::function<void()> &before_commit = [] {}) {
  std::vector<Outcome> outcomes(threads);
  const auto commit = [&](std::size_t t) {
    fill(file.begin() + t * page, 100, letter);
    if (t == 1) before_commit();
    const int result = msync(file.begin() + t * page, page, MS_SYNC);
    outcomes[t] = {result, errno};
  };
  std::vector<std::thread> all;
  all.emplace_back(commit, 0);
  while (syncs == 0) std::this_thread::yield();
  for (std::size_t t = 1; t < threads; ++t) all.emplace_back(commit, t);
  for (std::thread &t : all) t.join();
  return outcomes;
}

struct Observed {
  Observed() { snapshot::snapshot_observer = &observer; }
  ~Observed() { snapshot::snapshot_observer = nullptr; }
  static constexpr snapshot::Observer observer = {hold_first_sync, nullptr};
};

void on_page_cache(const std::function<void(const std::string &path)> &body) {
  TempDir dir;
  const std::string path = dir / "data";
  write_file(path, std::string(threads * page, 'a'));
  const int status = in_child([&] {
    setenv("SNAPSHOT_MEDIA", "page-cache", 1);
    setenv("SNAPSHOT_PROTOCOL", "redo", 1);
    return status_of([&] { body(path); });
  });
  CHECK(status == 0);
}

}  // namespace

TEST_CASE("group commit: those that came during a sync are durable by the next one") {
  on_page_cache([](const std::string &path) {
    MappedFile file(path, threads * page);
    {
      const Observed observed;
      for (const Outcome &o : commit_at_once(file, 'b')) require(o.result == 0, "a commit failed");
    }
    require(syncs == 2, "not two syncs");
    const std::string data = bytes_in_file(path);
    for (std::size_t t = 0; t < threads; ++t)
      require(data.substr(t * page, 101) == std::string(100, 'b') + "a", "a commit is not in the file");
  });
}

// What is compared with the file must find there what was committed, so each of them settles the one before.
TEST_CASE("group commit: with page tracking or the audit each commit has a sync of its own") {
  for (const char *setting : {"SNAPSHOT_AUDIT", "SNAPSHOT_TRACK"}) {
    INFO(setting);
    on_page_cache([&](const std::string &path) {
      setenv(setting, std::string(setting) == "SNAPSHOT_AUDIT" ? "warn" : "pages", 1);
      MappedFile file(path, threads * page);
      {
        const Observed observed;
        for (const Outcome &o : commit_at_once(file, 'b')) require(o.result == 0, "a commit failed");
      }
      require(syncs == threads, std::to_string(syncs).c_str());
    });
  }
}

TEST_CASE("group commit: a sync that fails fails for all, and nothing of theirs is lost or committed") {
  on_page_cache([](const std::string &path) {
    MappedFile file(path, threads * page);
    std::vector<Outcome> outcomes;
    {
      const Observed observed;
      fail_from = 2;
      outcomes = commit_at_once(file, 'b');
      fail_from = 0;
    }
    require(syncs == 2, "not two syncs");
    require(outcomes[0].result == 0, "the first commit, whose sync succeeded, failed");
    const std::string first = std::string(100, 'b') + std::string(threads * page - 100, 'a');
    for (std::size_t t = 1; t < threads; ++t)
      require(outcomes[t].result == -1 && outcomes[t].error == EIO, "a commit did not hear of the failure");
    require(bytes_in_file(path) == first, "a commit that failed is in the file");
    require(msync(file.begin() + page, page, MS_SYNC) == 0, "the commit could not be repeated");
    require(bytes_in_file(path).substr(page, 100) == std::string(100, 'b'), "its lines were lost");
    require(snapshot_rollback(file.begin(), threads * page) == 0, "rollback");
    std::string expected = first;
    expected.replace(page, 100, 100, 'b');
    require(std::string(file.begin(), file.begin() + threads * page) == expected,
            "a rollback does not find the commits that succeeded");
  });
}

TEST_CASE("group commit: a size that was to be committed by those that failed is not") {
  on_page_cache([](const std::string &path) {
    MappedFile file(path, 2 * threads * page);
    {
      const Observed observed;
      fail_from = 2;
      (void)commit_at_once(file, 'b',
                           [&] { require(ftruncate(file.fd(), 2 * threads * page) == 0, "ftruncate"); });
      fail_from = 0;
    }
    require(snapshot_rollback(file.begin(), 2 * threads * page) == 0, "rollback");
    require(bytes_in_file(path).size() == threads * page, "the file is not as long as committed");
  });
}

TEST_CASE(
    "group commit: of commits that failed together and one that was repeated, recovery finds that one") {
  TempDir dir;
  const std::string path = dir / "data";
  write_file(path, std::string(threads * page, 'a'));
  const int status = in_child([&] {
    setenv("SNAPSHOT_MEDIA", "page-cache", 1);
    setenv("SNAPSHOT_PROTOCOL", "redo", 1);
    return status_of([&] {
      // Left open, as in a crash.
      auto *file = new MappedFile(path, threads * page);
      const Observed observed;
      fail_from = 2;
      (void)commit_at_once(*file, 'b');
      fail_from = 0;
      // Its record is as long as the first of those that failed.
      require(msync(file->begin() + page, page, MS_SYNC) == 0, "the commit could not be repeated");
      _exit(0);
    });
  });
  REQUIRE(status == 0);
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
  CHECK(report.findings.sequence == 2);
  std::string expected(threads * page, 'a');
  expected.replace(0, 100, 100, 'b').replace(page, 100, 100, 'b');
  CHECK(bytes_in_file(path) == expected);
}

TEST_CASE("group commit: MS_ASYNC beside a thread in its sync waits for that one, and is left to the next") {
  on_page_cache([](const std::string &path) {
    MappedFile file(path, threads * page);
    const auto hold_sync = [](long number, const long *a) -> long {
      if (number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) ++waiting;
      if (number == SYS_fdatasync && ++syncs == 1)
        while (waiting == 0) std::this_thread::yield();
      return 0;
    };
    const auto commit = [&](std::size_t at, int flags) {
      fill(file.begin() + at, 100, 'b');
      require(msync(file.begin() + at, page, flags) == 0, "msync");
    };
    Steps::Words steps = Steps::of(
        [&] {
          std::thread first(commit, 0, MS_SYNC);
          while (syncs == 0) std::this_thread::yield();
          std::thread second(commit, page, MS_ASYNC);
          first.join();
          second.join();
        },
        hold_sync);
    std::erase(steps, "thread fence");  // not about media
    require(steps == Steps::Words{"write log", "sync log", "copy data", "write log"}, "another order");
    require(backing_byte(file.begin()) == 'b' && backing_byte(file.begin() + page) == 'a',
            "the file has more or less than what is durable");
    require(Steps::of([&] { (void)file.commit(); }) == Steps::Words{"sync log", "copy data"},
            "MS_SYNC does not wait for MS_ASYNC");
    require(backing_byte(file.begin() + page) == 'b', "it is not in the file");
  });
}

TEST_CASE("MS_ASYNC waits for no sync, a kill does not lose it, and MS_SYNC waits for it") {
  TempDir dir;
  const std::string path = dir / "data";
  write_file(path, std::string(4 * page, 'a'));
  const int status = in_child([&] {
    setenv("SNAPSHOT_MEDIA", "page-cache", 1);
    setenv("SNAPSHOT_PROTOCOL", "redo", 1);
    return status_of([&] {
      constexpr std::size_t at = 2 * page;
      auto *file = new MappedFile(path, 4 * page);
      const auto commit = [&](char letter, int flags) {
        fill(file->begin() + at, 100, letter);
        return Steps::of([&] { require(msync(file->begin(), 4 * page, flags) == 0, "msync"); });
      };
      require(commit('b', MS_ASYNC) == Steps::Words{"write log"}, "MS_ASYNC does more than write the log");
      require(backing_byte(file->begin() + at) == 'a', "the file has what is not durable");
      require(Steps::of([&] { (void)msync(file->begin(), 4 * page, MS_SYNC); }) ==
                  Steps::Words{"sync log", "copy data"},
              "MS_SYNC does not wait for MS_ASYNC");
      require(backing_byte(file->begin() + at + 99) == 'b', "it is not in the file");
      for (const auto sync : {fsync, fdatasync}) {
        (void)commit(sync == fsync ? 'f' : 'g', MS_ASYNC);
        require(Steps::of([&] { (void)sync(file->fd()); }) == Steps::Words{"sync log", "copy data"},
                "fsync and fdatasync do not wait for MS_ASYNC");
        require(backing_byte(file->begin() + at) == (sync == fsync ? 'f' : 'g'), "it is not in the file");
      }
      (void)commit('c', MS_ASYNC);
      fill(file->begin() + at + 200, 10, 'd');
      require(Steps::of([&] { (void)snapshot_rollback(file->begin(), 4 * page); }) ==
                  Steps::Words{"sync log", "copy data"},
              "a rollback does not settle what it goes back to");
      require(file->begin()[at + 99] == 'c' && file->begin()[at + 200] == 'a', "a rollback loses MS_ASYNC");
      (void)commit('e', MS_ASYNC);
      _exit(0);
    });
  });
  REQUIRE(status == 0);
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
  CHECK(bytes_in_file(path) ==
        std::string(2 * page, 'a') + std::string(100, 'e') + std::string(2 * page - 100, 'a'));
}

namespace {

// MS_ASYNC, which has the file's lock meanwhile, goes on when all the others wait.
long hold_async(long number, const long a[6]) {
  if (number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) ++waiting;
  if (number == SYS_fdatasync) {
    ++syncs;
    return -EIO;
  }
  if (number == SYS_sync_file_range) {
    async_begun = true;
    while (waiting < threads) std::this_thread::yield();
  }
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // namespace

TEST_CASE("group commit: a sync that fails takes nothing back of what MS_ASYNC has left before") {
  for (const bool store : {false, true}) {
    INFO((store ? "with" : "without") << " something to commit");
    on_page_cache([store](const std::string &path) {
      const MappedFile file(path, threads * page);
      static constexpr snapshot::Observer observer = {hold_async, nullptr};
      std::atomic<unsigned> failed{0};
      std::vector<std::thread> all;
      for (std::size_t t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
          while (!async_begun) std::this_thread::yield();
          if (store) fill(file.begin() + t * page + 200, 10, 's');
          failed += msync(file.begin() + t * page, page, MS_SYNC) != 0 && errno == EIO;
        });
      fill(file.begin(), 100, 'c');
      snapshot::snapshot_observer = &observer;
      require(msync(file.begin(), threads * page, MS_ASYNC) == 0, "MS_ASYNC");
      for (std::thread &t : all) t.join();
      snapshot::snapshot_observer = nullptr;
      require(failed == threads, "a commit did not hear of the failure");
      require(syncs == 1, "not one sync");
      require(bytes_in_file(path) == std::string(threads * page, 'a'), "what is not durable is in the file");
      require(snapshot_rollback(file.begin(), threads * page) == 0, "rollback");
      const std::string expected = std::string(100, 'c') + std::string(threads * page - 100, 'a');
      require(std::string(file.begin(), threads * page) == expected, "a rollback finds something else");
      require(bytes_in_file(path) == expected, "MS_ASYNC's commit was taken back");
    });
  }
}
