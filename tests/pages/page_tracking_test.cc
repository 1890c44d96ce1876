// Page tracking (commit/pages.h, track/written_pages.h): stores that nothing marks are found by their pages
// and committed like others. The way in which the pages are found is SNAPSHOT_PAGES_FROM; CMakeLists.txt runs
// each. Every case has a process of its own: settings are read once.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <thread>

#include "in_child.h"
#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096;

std::string way() { return std::getenv("SNAPSHOT_PAGES_FROM"); }

void require(bool holds, const char *what) {
  if (!holds) throw std::runtime_error(what);
}

// What code compiled without the pass does.
void put(char *at, const char *text) {
  for (; *text != 0; ++at, ++text) plain_store(at, *text);
}

bool file_has(const MappedFile &file, std::size_t offset, const std::string &bytes) {
  return file.on_file().compare(offset, bytes.size(), bytes) == 0;
}

std::uint64_t compared() { return statistics().pages_compared; }
std::uint64_t found() { return statistics().lines_found; }

void in_each_copy(const std::function<void()> &body) {
  for (const char *copy : {"lazy", "eager"}) {
    INFO("SNAPSHOT_COPY=" << copy);
    CHECK(in_child([&] {
            setenv("SNAPSHOT_COPY", copy, 1);
            try {
              body();
            } catch (const std::exception &e) {
              std::fprintf(stderr, "%s\n", e.what());
              return 1;
            }
            return 0;
          }) == 0);
  }
}

// From now on the kernel answers these system calls with EPERM, as a container's filter may.
void forbid(std::initializer_list<long> calls) {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  require(
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0,
      "no seccomp");
}

}  // namespace

TEST_CASE("page tracking: what the program stored is committed, and nothing else") {
  in_each_copy([] {
    const ScratchFile file(64 * page);
    put(file.begin() + 100, "in the first page");
    put(file.begin() + 5 * page - 3, "across two pages");
    put(file.begin() + 64 * page - 4, "end!");
    require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
    require(found() == 4, "not exactly the changed lines were found");
    require(statistics().lines_committed == 4, "not exactly the changed lines were committed");
    require(file.commit() == 0 && statistics().commits_empty == 1, "something was found twice");
    put(file.begin() + 100, "in the first page again");
    require(file.commit() == 0 && file.on_file() == file.working(), "the second store was missed");
    require(found() == 5, "not exactly the line changed again was found");
    put(file.begin() + 100, "in the first page again");
    require(file.commit() == 0 && found() == 5, "a store that changed nothing was taken for a change");
  });
}

TEST_CASE("page tracking: what the kernel writes by system calls that nobody sees is committed") {
  in_each_copy([] {
    const ScratchFile file(16 * page);
    const TempDir directory;
    write_file(directory / "source", std::string(3 * page, 's'));
    const int source = open((directory / "source").c_str(), O_RDONLY | O_CLOEXEC);
    for (std::size_t times = 0; times < 2; ++times) {
      require(syscall(SYS_pread64, source, file.begin() + (times + 2) * page + 9, 2 * page, 0L) == 2 * page,
              "read");
      require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
    }
    close(source);
  });
}

TEST_CASE("page tracking: a range that is not page-aligned leaves the rest of its pages pending") {
  in_each_copy([] {
    const ScratchFile file(8 * page);
    put(file.begin() + 2 * page, "before");
    put(file.begin() + 2 * page + 640, "inside");
    put(file.begin() + 3 * page - 6, "behind");
    put(file.begin() + 6 * page, "far behind");
    require(snapshot_commit(file.begin() + 2 * page + 641, 3) == 0, "commit");
    std::string expected(8 * page, 0);
    expected.replace(2 * page + 640, 6, "inside");
    require(file.on_file() == expected, "not exactly the range was committed");
    require(msync(file.begin() + 2 * page, page, MS_SYNC) == 0, "msync");
    require(file_has(file, 2 * page, "before") && file_has(file, 3 * page - 6, "behind"),
            "its pages' rest is lost");
    require(file_has(file, 6 * page, std::string(10, 0)), "a page outside the range was committed");
    require(file.commit() == 0 && file.on_file() == file.working(), "a page outside the range is lost");
  });
}

TEST_CASE("page tracking: a rollback finds what it has to put back") {
  in_each_copy([] {
    const ScratchFile file(8 * page);
    put(file.begin() + page, "committed");
    require(file.commit() == 0, "commit");
    put(file.begin() + page, "discarded");
    put(file.begin() + page + 64, "kept");
    put(file.begin() + 4 * page, "kept");
    require(snapshot_rollback(file.begin() + page, 9) == 0, "rollback");
    require(std::memcmp(file.begin() + page, "committed", 9) == 0, "not put back");
    require(std::memcmp(file.begin() + page + 64, "kept", 4) == 0, "too much was put back");
    require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
    put(file.begin() + 4 * page, "gone");
    require(snapshot_rollback(file.begin(), file.size()) == 0 && file.on_file() == file.working(),
            "rollback");
    const std::uint64_t lines = statistics().lines_committed;
    require(file.commit() == 0 && statistics().lines_committed == lines,
            "a rollback left something to commit");
  });
}

TEST_CASE("page tracking: growth by ftruncate, by a system call behind the library's back, and a cut") {
  in_each_copy([] {
    const TempDir directory;
    write_file(directory / "data", "short");
    const MappedFile file(directory / "data", 64 * page);
    put(file.begin() + 1, "H");
    require(ftruncate(file.fd(), 8 * page) == 0, "ftruncate");
    put(file.begin() + 7 * page + 5, "grown");
    require(file.commit() == 0 && file_has(file, 0, "sHort") && file_has(file, 7 * page + 5, "grown"),
            "growth");
    require(syscall(SYS_ftruncate, file.fd(), 16L * page) == 0, "ftruncate");
    put(file.begin() + 7 * page, "GROWN");
    put(file.begin() + 15 * page, "behind the back");
    require(file.commit() == 0 && file.on_file().size() == 16 * page, "growth behind the back");
    require(file_has(file, 15 * page, "behind the back") && file_has(file, 7 * page, "GROWN"),
            "growth behind the back");
    put(file.begin() + 2 * page, "cut off, with what follows");
    require(ftruncate(file.fd(), 2 * page + 7) == 0 && ftruncate(file.fd(), 4 * page) == 0, "ftruncate");
    require(file.commit() == 0, "commit");
    std::string expected(4 * page, 0);
    expected.replace(0, 5, "sHort").replace(2 * page, 7, "cut off");
    require(file.on_file() == expected, "the cut was not committed");
    put(file.begin() + 3 * page, "and on");
    require(file.commit() == 0 && file_has(file, 3 * page, "and on"), "a store after the cut was missed");
  });
}

TEST_CASE("page tracking: what is stored behind the end of the file is no part of it") {
  in_each_copy([] {
    const TempDir directory;
    write_file(directory / "data", std::string(page + 100, 'd'));
    const MappedFile file(directory / "data", 8 * page);
    for (int times = 0; times < 3; ++times) {
      put(file.begin() + page + 110, "in the last line");
      put(file.begin() + page + 300, "in the last page");
      require(file.commit() == 0 && file.on_file() == std::string(page + 100, 'd'), "it was committed");
    }
    require(found() == 0, "it was found");
    require(msync(file.begin() + 5 * page, page, MS_SYNC) == 0, "msync behind the end");
    put(file.begin() + page + 90, "DDDDDDDDDD");
    require(file.commit() == 0 && file_has(file, page + 90, "DDDDDDDDDD"), "the last bytes were missed");
    require(ftruncate(file.fd(), 2 * page) == 0 && file.commit() == 0, "growth");
    require(file_has(file, page + 100, std::string(page - 100, 0)), "it is there when the file grows");
  });
}

TEST_CASE(
    "page tracking: a file grown by somebody else and mapped again, renamed and removed by somebody else") {
  in_each_copy([] {
    const TempDir directory;
    write_file(directory / "data", std::string(page, 'd'));
    const MappedFile file(directory / "data", 64 * page);
    put(file.begin(), "first");
    require(syscall(SYS_ftruncate, file.fd(), 8L * page) == 0, "ftruncate");
    const MappedFile again(directory / "data", 64 * page);
    put(again.begin() + 6 * page, "second");
    require(file.commit() == 0 && file_has(file, 0, "first") && file_has(file, 6 * page, "second"), "growth");
    const std::string elsewhere = directory / "elsewhere";
    for (const char *name : {"absent", "another file's"}) {
      require(syscall(SYS_rename, file.path().c_str(), elsewhere.c_str()) == 0, "rename");
      if (name[1] == 'n') write_file(file.path(), "short");
      put(file.begin() + 7 * page, name);
      require(file.commit() == 0, "commit");
      require(bytes_in_file(elsewhere).compare(7 * page, std::strlen(name), name) == 0,
              "its stores were missed");
      require(syscall(SYS_rename, elsewhere.c_str(), file.path().c_str()) == 0, "rename");
    }
  });
}

TEST_CASE("page tracking: a file that is unmapped in part, then as a whole, is committed by that") {
  in_each_copy([] {
    const TempDir directory;
    MappedFile file(directory / "data", 8 * page);
    put(file.begin() + page, "one");
    put(file.begin() + 6 * page, "two");
    require(munmap(file.begin() + 4 * page, 4 * page) == 0 && file_has(file, 6 * page, "two"),
            "munmap of a part");
    require(file_has(file, page, std::string(3, 0)), "munmap of a part committed the rest");
    require(file.unmap() == 0 && bytes_in_file(file.path()).compare(page, 3, "one") == 0, "munmap");
  });
}

TEST_CASE("page tracking: only pages that were touched are compared") {
  constexpr std::size_t pages = 4096, touched = 100, often = 4;
  CHECK(in_child([] {
          setenv("SNAPSHOT_COPY", "lazy", 1);
          const ScratchFile file(pages * page);
          for (std::size_t i = 0; i < touched; ++i) put(file.begin() + 2 * i * page, "x");
          require(file.commit() == 0 && compared() == touched, "not exactly the touched pages were compared");
          // Once more, to see that they are equal.
          require(file.commit() == 0, "commit");
          for (std::size_t k = 1; k <= often; ++k) {
            const std::uint64_t before = compared();
            for (std::size_t i = 0; i < 3; ++i) put(file.begin() + (k * 3 + i) * 200 * page, "changed");
            require(file.commit() == 0, "commit");
            for (std::size_t i = 0; i < 3; ++i)
              require(file_has(file, (k * 3 + i) * 200 * page, "changed"), "not all was committed");
            const std::uint64_t pages_now = compared() - before;
            if (way() == "scan" && pages_now != 3) return 2;
            // Those that were compared once too often are given back.
            if (way() == "copies" && pages_now != (k == 1 ? 3 : 6)) return 3;
            if (way() == "compare" && pages_now < touched) return 4;
          }
          // Reading is not storing: of pages that were read, which the kernel may report, only those that lie
          // between others are compared.
          const std::uint64_t before = compared();
          require(file.on_file() == file.working() && file.commit() == 0, "commit");
          return compared() - before <= 3 * touched ? 0 : 5;
        }) == 0);
}

TEST_CASE("page tracking: the pages of an eager copy count as unwritten at first, small and huge") {
  CHECK(in_child([] {
          if (way() != "scan") return 0;
          setenv("SNAPSHOT_COPY", "eager", 1);
          const ScratchFile file(16 << 20);
          put(file.begin() + (5 << 20), "five");
          put(file.begin() + (9 << 20), "nine");
          require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
          return compared() == 2 ? 0 : 1;
        }) == 0);
}

TEST_CASE("page tracking: with a second thread no page is given back, and none of its stores is lost") {
  CHECK(in_child([] {
          setenv("SNAPSHOT_COPY", "lazy", 1);
          const ScratchFile file(64 * page);
          std::atomic<int> turn{0};
          std::thread second([&] {
            while (turn == 0) std::this_thread::yield();
            put(file.begin() + 7 * page, "second");
            turn = 2;
            while (turn != 3) std::this_thread::yield();
          });
          put(file.begin() + 7 * page + 64, "first");
          require(file.commit() == 0 && file.commit() == 0, "commit");
          std::uint64_t before = compared();
          require(file.commit() == 0, "commit");
          require(way() == "scan" || compared() == before + 1, "a page was given back");
          before = compared();
          turn = 1;
          while (turn != 2) std::this_thread::yield();
          require(file.commit() == 0 && file.on_file() == file.working(),
                  "the other thread's store was missed");
          const bool once = compared() == before + 1;
          turn = 3;
          second.join();
          return once ? 0 : 1;
        }) == 0);
}

TEST_CASE("page tracking: what marks is not found again, what does not is found beside it") {
  in_each_copy([] {
    setenv("SNAPSHOT_TRACK", "both", 1);
    const ScratchFile file(8 * page);
    put(file.begin(), "unmarked");
    put(file.begin() + 64, "marked");
    __snapshot_mark(file.begin() + 64, 6);
    require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
    require(found() == 1 && statistics().lines_committed == 2, "the marked line was counted as found");
  });
}

TEST_CASE("page tracking: the audit behind it finds nothing, while threads store") {
  in_each_copy([] {
    setenv("SNAPSHOT_AUDIT", "abort", 1);
    const ScratchFile file(64 * page);
    std::atomic<bool> stop{false};
    std::thread storer([&] {
      for (std::uint64_t i = 0; !stop; ++i) plain_store(file.word(i * 997 % (64 * page / 8)), i);
    });
    for (int i = 0; i < 200; ++i) require(file.commit() == 0, "commit");
    stop = true;
    storer.join();
    require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
    require(statistics().lines_untracked == 0, "page tracking has missed a line");
  });
}

TEST_CASE("page tracking: a forked child reads, and its parent goes on finding its own stores") {
  in_each_copy([] {
    const ScratchFile file(8 * page);
    const TempDir directory;
    put(file.begin(), "before");
    require(file.commit() == 0, "commit");
    put(file.begin() + page, "pending");
    const int status = in_child([&] {
      // A file of the child's own is tracked in the child.
      const MappedFile own(directory / "own", 4 * page);
      put(own.begin() + page, "child's");
      put(file.begin() + 2 * page, "child's");
      if (own.commit() != 0 || own.on_file() != own.working()) return 1;
      return file.commit() == -1 && errno == EPERM ? 0 : 2;
    });
    require(status == 0, "in the child");
    put(file.begin(), "after");
    require(file.commit() == 0 && file.on_file() == file.working(),
            "the parent's store after the fork was missed");
    require(file_has(file, page, "pending") && file_has(file, 2 * page, std::string(7, 0)),
            "parent and child");
  });
}

TEST_CASE("page tracking: pages that the program has made inaccessible are left alone") {
  in_each_copy([] {
    const ScratchFile file(8 * page);
    for (std::size_t i = 0; i < 8; ++i) put(file.begin() + i * page, "committed");
    require(file.commit() == 0, "commit");
    require(mprotect(file.begin() + 3 * page, 2 * page, PROT_NONE) == 0, "mprotect");
    put(file.begin() + 6 * page, "again");
    require(file.commit() == 0 && file_has(file, 6 * page, "again"), "commit");
    require(mprotect(file.begin() + 3 * page, 2 * page, PROT_READ | PROT_WRITE) == 0, "mprotect");
    put(file.begin() + 3 * page, "again");
    require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
  });
}

TEST_CASE("page tracking: a program that closes every descriptor by system calls of its own loses no store") {
  in_each_copy([] {
    setenv("SNAPSHOT_MEDIA", "memory", 1);  // elsewhere the log is written by its descriptor
    const ScratchFile file(64 * page);
    put(file.begin(), "before");
    require(file.commit() == 0, "commit");
    put(file.begin() + page, "pending");
    for (long fd = 512; fd < 1024; ++fd) syscall(SYS_close, fd);
    put(file.begin() + 2 * page, "after");
    for (std::size_t i = 0; i < 3; ++i) {
      put(file.begin() + (5 + i) * page, "and again");
      require(snapshot_commit(file.begin(), file.size()) == 0, "commit");
      require(file.on_file() == file.working(), "not all was committed");
    }
  });
}

TEST_CASE(
    "page tracking: a program that closes every descriptor while it has no file mapped does not disturb it") {
  CHECK(in_child([] {
          setenv("SNAPSHOT_COPY", "lazy", 1);
          const TempDir directory;
          {
            const MappedFile first(directory / "first", 8 * page);
          }
          closefrom(3);
          const MappedFile file(directory / "data", 64 * page);
          put(file.begin() + 5 * page, "found");
          require(file.commit() == 0 && file_has(file, 5 * page, "found"), "not all was committed");
          // Neither gone, in which case the page would be compared once more, ...
          require(file.commit() == 0, "commit");
          if (way() == "scan" && compared() != 1) return 1;
          // ... nor given to the program, whose own descriptors must be closable.
          for (int i = 0; i < 900; ++i)
            if (const int fd = dup(2); fd < 0 || close(fd) != 0) return 2;
          std::vector<int> all;
          for (int fd; (fd = dup(2)) >= 0 && fd < 1000;) all.push_back(fd);
          for (const int fd : all)
            if (close(fd) != 0) return 3;
          return 0;
        }) == 0);
}

TEST_CASE("page tracking: where userfaultfd is forbidden the next way is taken, and it is said why") {
  const TempDir directory;
  CHECK(in_child([&] {
          setenv("SNAPSHOT_LOG", "info", 1);
          setenv("SNAPSHOT_PAGES_FROM", "auto", 1);
          dup2(open((directory / "said").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 2);
          forbid({SYS_userfaultfd});
          const MappedFile file(directory / "data", 8 * page);
          put(file.begin() + 3 * page, "found all the same");
          return file.commit() == 0 && file.on_file() == file.working() ? 0 : 1;
        }) == 0);
  CHECK(bytes_in_file(directory / "said").find("(copies); not by scan: operation not permitted") !=
        std::string::npos);
  CHECK(in_child([&] {
          setenv("SNAPSHOT_PAGES_FROM", "scan", 1);
          forbid({SYS_userfaultfd});
          try {
            const MappedFile file(directory / "other", 8 * page);
          } catch (const std::exception &e) {
            return std::string(e.what()).find("SNAPSHOT_PAGES_FROM=scan does not work here: operation not") !=
                           std::string::npos
                       ? 0
                       : 1;
          }
          return 2;
        }) == 0);
}

TEST_CASE("page tracking: where nothing can be found out about pages, all are compared") {
  CHECK(in_child([] {
          setenv("SNAPSHOT_PAGES_FROM", "auto", 1);
          forbid({SYS_userfaultfd, SYS_memfd_create});
          const ScratchFile file(64 * page);
          for (std::size_t times = 0; times < 3; ++times) {
            put(file.begin() + (7 + times) * page, "compared");
            require(file.commit() == 0 && file.on_file() == file.working(), "not all was committed");
          }
          return compared() == 3 * 64 ? 0 : 1;
        }) == 0);
}
