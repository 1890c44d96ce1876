// SNAPSHOT_AUDIT (commit/audit.h). Claim: it finds exactly the lines that were changed and not marked, up to
// the end of the file, in the range that is committed; also where the kernel does not tell which pages are
// the process's own; and each of its three ways does what it says.
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cstring>
#include <thread>

#include "order_of_steps.h"
#include "own_process.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

void require(bool holds, const char *what) {
  if (!holds) throw std::runtime_error(what);
}

std::uint64_t untracked_lines() {
  snapshot_statistics s;
  require(snapshot_get_statistics(&s, sizeof s) == 0, "no statistics");
  return s.lines_untracked;
}

constexpr std::size_t size = 300 * page + 7;

struct Audited {
  Audited(const std::string &path, const char *how)
      : file((setenv("SNAPSHOT_AUDIT", how, 1), write_file(path, std::string(size, 'a')), path), 301 * page) {
  }
  char *at(std::size_t offset) { return file.begin() + offset; }
  void store_untracked(std::size_t offset) { *static_cast<volatile char *>(at(offset)) = 'u'; }
  void commit() { require(file.commit() == 0, "the commit failed"); }
  bool has(std::size_t offset, char c) { return bytes_in_file(file.path())[offset] == c; }
  MappedFile file;
};

// How the kernel answers: as it does; without /proc; with an empty pagemap.
const Steps::Fault answers[] = {
    nullptr,
    [](long number, const long *a) -> long {
      const bool asked = number == SYS_openat &&
                         std::strcmp(reinterpret_cast<const char *>(a[1]), "/proc/self/pagemap") == 0;
      return asked ? -ENOENT : 0;
    },
    [](long number, const long *a) -> long { return number == SYS_pread64 && a[2] == 256 * 8 ? -EIO : 0; },
};

}  // namespace

TEST_CASE("the audit finds the changed lines that nothing has marked") {
  TempDir dir;
  for (const char *copy : {"eager", "lazy"})
    for (const Steps::Fault &answer : answers)
      in_own_process([&](const std::string &medium) {
        setenv("SNAPSHOT_COPY", copy, 1);
        Audited a(dir / medium, "warn");
        require(*static_cast<volatile char *>(a.at(100 * page)) == 'a', "not mapped");
        (void)Steps::of(
            [&] {
              a.commit();
              require(untracked_lines() == 0, "found in a file that was not touched");
              fill(a.at(64), 64, 't');
              a.store_untracked(63);
              a.store_untracked(128);
              a.store_untracked(299 * page + 4095);
              a.store_untracked(size - 1);
              a.store_untracked(size);            // no part of the file
              a.store_untracked(200 * page + 1);  // the same byte as before, in the end
              *static_cast<volatile char *>(a.at(200 * page + 1)) = 'a';
              a.commit();
              require(untracked_lines() == 4, "not exactly those lines");
              require(a.has(64, 't') && a.has(63, 'a') && a.has(size - 1, 'a'), "not left out");
              // A range: of the four, two.
              require(msync(a.at(0), page, MS_SYNC) == 0, "msync");
              require(untracked_lines() == 6, "not exactly those of the range");
              // In a line that is dirty it goes along.
              fill(a.at(130), 1, 't');
              a.commit();
              require(untracked_lines() == 9, "not exactly those that are left");
              require(a.has(128, 'u'), "left out of a line that is committed");
            },
            answer);
      });
}

// Nobody knows what the other threads do until the tenth time that they got the time to go on.
TEST_CASE("the audit waits for threads that may be between a store and its mark") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "warn");
    std::thread([] {}).join();  // from now on the process counts as one with threads
    a.store_untracked(0);
    a.store_untracked(page);
    int yields = 0, looks = 0;
    const auto answer = [&](long number, const long *v) -> long {
      if (number == SYS_sched_yield && ++yields == 5) __snapshot_mark(a.at(0), 1);
      const bool look =
          number == SYS_openat && std::strcmp(reinterpret_cast<const char *>(v[1]), "/proc/self/task") == 0;
      looks += look;
      return look && yields < 10 ? -ENOENT : 0;
    };
    (void)Steps::of([&] { a.commit(); }, answer);
    require(yields == 10 && looks == 11, "nobody was waited for");
    require(untracked_lines() == 1, "not exactly the one that was not marked after all");
    require(a.has(0, 'u') && a.has(page, 'a'), "the wrong one was committed");
  });
}

// Never, until the file is unmapped: then nobody can be about to mark what is not.
TEST_CASE("the audit knows at the last munmap what it could not know before") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    std::uint64_t before = 0;
    const auto unknown = [](long number, const long *v) -> long {
      const bool look =
          number == SYS_openat && std::strcmp(reinterpret_cast<const char *>(v[1]), "/proc/self/task") == 0;
      return look ? -ENOENT : 0;
    };
    (void)Steps::of(
        [&] {
          Audited a(dir / medium, "warn");
          std::thread([] {}).join();
          for (const std::size_t at : {0ul, page, 7 * page}) a.store_untracked(at);
          a.commit();
          fill(a.at(page), 1, 't');  // a mark that has come late, for all that can be known
          require(msync(a.at(page), page, MS_SYNC) == 0 && a.has(page, 't'), "msync");
          fill(a.at(8 * page), 1, 't');
          a.commit();
          before = untracked_lines();
        },
        unknown);
    require(before == 0, "found too early");
    require(untracked_lines() == 2, "not exactly those that no commit has had");
  });
}

namespace {

// As if the other threads could not be seen.
long hides_threads(long number, const long *v) {
  const bool look =
      number == SYS_openat && std::strcmp(reinterpret_cast<const char *>(v[1]), "/proc/self/task") == 0;
  return look ? -ENOENT : 0;
}

}  // namespace

TEST_CASE("the audit does not wait any longer when all that it has found is marked after all") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "warn");
    std::thread([] {}).join();
    a.store_untracked(0);
    int yields = 0;
    (void)Steps::of([&] { a.commit(); },
                    [&](long number, const long *v) -> long {
                      if (number == SYS_sched_yield && ++yields == 3) __snapshot_mark(a.at(0), 1);
                      return hides_threads(number, v);
                    });
    require(yields == 3, "not as long as it takes");
    require(a.has(0, 'u') && untracked_lines() == 0, "not committed");
  });
}

TEST_CASE("the audit convicts nobody by a page that it cannot read any more") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "warn");
    std::thread([] {}).join();
    a.store_untracked(0);
    int yields = 0;
    const auto unreadable = [&](long number, const long *v) -> long {
      yields += number == SYS_sched_yield;
      const bool whole_page =
          number == SYS_process_vm_readv && reinterpret_cast<const iovec *>(v[1])->iov_len == page;
      if (yields > 3) return whole_page ? -EFAULT : 0;
      return hides_threads(number, v);
    };
    (void)Steps::of([&] { a.commit(); }, unreadable);
    require(yields > 3 && untracked_lines() == 0, "convicted unseen");
    a.commit();
    require(untracked_lines() == 1, "forgotten");
  });
}

// Lines that are found one after the other, next to each other, in front of each other.
TEST_CASE("the audit keeps apart what it has found at different times, and says at the exit what is left") {
  TempDir dir;
  for (const char *how : {"warn", "abort"}) {
    const std::string said = dir / (std::string("said-") + how), path = dir / how;
    const int status = in_child([&] {
      std::fflush(nullptr);
      const int out = open(said.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      (void)dup2(out, STDERR_FILENO);
      (void)signal(SIGABRT, SIG_DFL);
      setenv("SNAPSHOT_LOG", "error", 1);
      return status_of([&] {
        auto *a = new Audited(path, how);
        std::thread([] {}).join();
        (void)Steps::of(
            [&] {
              for (const std::size_t at : {10ul * page, 10 * page + 64, 10 * page + 192})
                a->store_untracked(at);
              a->commit();
              for (const std::size_t at : {10 * page + 128, 10 * page + 256, 3 * page})
                a->store_untracked(at);
              // A thread that is still about to mark what it has stored: its line is committed.
              __snapshot_announce(a->at(20 * page), 1);
              a->store_untracked(20 * page);
              a->commit();
              require(a->has(20 * page, 'u'), "what was announced is not committed");
              require(untracked_lines() == 0, "found too early");
              std::exit(0);
            },
            hides_threads);
      });
    });
    CHECK(status == 0);
    INFO(read_file(said));
    CHECK(read_file(said).find(": 6 changed lines, the first at offset " + std::to_string(3 * page)) !=
          std::string::npos);
    std::string expected(size, 'a');
    expected[20 * page] = 'u';
    CHECK(bytes_in_file(path) == expected);
  }
}

TEST_CASE("the audit that commits what it finds commits also what it is not sure of") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "fix");
    std::thread([] {}).join();
    (void)Steps::of(
        [&] {
          for (const std::size_t at : {0ul, page, 7 * page}) a.store_untracked(at);
          require(msync(a.at(page), page, MS_SYNC) == 0, "msync");
          require(a.has(page, 'u') && a.has(0, 'a') && a.has(7 * page, 'a'), "not exactly the range");
          a.commit();
        },
        hides_threads);
    for (const std::size_t at : {0ul, page, 7 * page}) require(a.has(at, 'u'), "not committed");
    require(untracked_lines() == 0, "counted, though it is not known");
  });
}

TEST_CASE("the audit ends the process at the last munmap, if it knows only then and is asked to") {
  TempDir dir;
  const pid_t child = fork();
  if (child == 0) {
    (void)signal(SIGABRT, SIG_DFL);
    (void)status_of([&] {
      auto *a = new Audited(dir / "data", "abort");
      std::thread([] {}).join();
      a->store_untracked(0);
      (void)Steps::of(
          [&] {
            a->commit();
            write_file(dir / "committed", "");
            delete a;
          },
          hides_threads);
    });
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(exists(dir / "committed"));
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("what the audit cannot read or cannot remember changes nothing else") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "warn");
    for (std::size_t i = 0; i < 20; ++i) a.store_untracked(i);
    fill(a.at(page), 1, 't');
    const auto unreadable = [](long number, const long *v) -> long {
      const bool whole_page =
          number == SYS_process_vm_readv && reinterpret_cast<const iovec *>(v[1])->iov_len == page;
      return whole_page ? -EFAULT : 0;
    };
    (void)Steps::of([&] { a.commit(); }, unreadable);
    require(untracked_lines() == 0, "found in what cannot be read");
    require(a.has(page, 't'), "not committed");
    bool failed = false;
    (void)Steps::of([&] { a.commit(); },
                    [&](long number, const long *) -> long {
                      if (number != SYS_mmap || failed) return 0;
                      failed = true;
                      return -ENOMEM;
                    });
    require(failed && untracked_lines() == 1, "not counted without memory for its number");
    a.commit();
    require(untracked_lines() == 2, "not counted");
  });
}

TEST_CASE("the audit commits what it finds, if asked to") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "fix");
    // More than are shown.
    for (std::size_t i = 0; i < 200; ++i) a.store_untracked(i * page + i);
    a.commit();
    require(untracked_lines() == 200, "not all were found");
    for (std::size_t i = 0; i < 200; ++i) require(a.has(i * page + i, 'u'), "not committed");
    a.commit();
    require(untracked_lines() == 200, "found again");
  });
}

TEST_CASE("the audit ends the process before anything is committed, if asked to") {
  TempDir dir;
  const pid_t child = fork();
  if (child == 0) {
    (void)signal(SIGABRT, SIG_DFL);
    Audited a(dir / "data", "abort");
    fill(a.at(page), 64, 't');
    a.commit();
    a.store_untracked(0);
    fill(a.at(page), 64, 'x');
    (void)a.file.commit();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  std::string expected(size, 'a');
  expected.replace(page, 64, 64, 't');
  CHECK(bytes_in_file(dir / "data") == expected);
}
