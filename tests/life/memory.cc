// What a program asks of the memory behind a mapping: advice, protection, locking, huge pages.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "life.h"

using namespace life;

namespace {

// Younger than the headers of Debian 12.
constexpr int kAdvicePopulateRead = 22, kAdvicePopulateWrite = 23, kAdviceDontneedLocked = 24,
              kAdviceCollapse = 25, kAdviceGuardInstall = 102;

long memory_kib(const char *what) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == std::string(what) + ":") {
      long kib;
      status >> kib;
      return kib;
    }
  fail(__FILE__, __LINE__, what);
}

}  // namespace

// Whatever is advised, the bytes stay, and what is pending stays pending.
CASE(advice_loses_nothing) {
  kill_after([] {
    const File file("data", 8 * kPage);
    char *m = file.map(8 * kPage);
    store(m, "committed");
    EXPECT(msync(m, 8 * kPage, MS_SYNC) == 0);
    store(m + kPage, "pending");
    for (const int advice :
         {MADV_NORMAL,    MADV_RANDOM,     MADV_SEQUENTIAL,     MADV_WILLNEED,        MADV_DONTNEED,
          MADV_FREE,      MADV_COLD,       MADV_PAGEOUT,        MADV_HUGEPAGE,        MADV_NOHUGEPAGE,
          MADV_DONTDUMP,  MADV_DODUMP,     MADV_MERGEABLE,      MADV_UNMERGEABLE,     MADV_DONTFORK,
          MADV_DOFORK,    MADV_KEEPONFORK, kAdvicePopulateRead, kAdvicePopulateWrite, kAdviceDontneedLocked,
          kAdviceCollapse}) {
      (void)madvise(m, 8 * kPage, advice);
      EXPECT_SAME(std::string(m, 9), "committed");
      EXPECT_SAME(std::string(m + kPage, 7), "pending");
      if (with_snapshot()) EXPECT_SAME(in_file("data", kPage, 7), zeros(7));
    }
    // On mappings of files these are errors.
    EXPECT_ERROR(madvise(m, kPage, MADV_FREE), -1, EINVAL);
    EXPECT_ERROR(madvise(m, kPage, MADV_WIPEONFORK), -1, EINVAL);
    if (with_snapshot()) EXPECT_ERROR(madvise(m, kPage, kAdviceGuardInstall), -1, EINVAL);
    EXPECT(madvise(m, kPage, MADV_DONTNEED) == 0);
    EXPECT(madvise(m, kPage, MADV_COLD) == 0);
    EXPECT(madvise(m, kPage, MADV_PAGEOUT) == 0);
    EXPECT(posix_madvise(m, 8 * kPage, POSIX_MADV_DONTNEED) == 0);
    EXPECT_SAME(std::string(m + kPage, 7), "pending");
    EXPECT(msync(m, 8 * kPage, MS_SYNC) == 0);
    store(m + kPage, "killed!");
  });
  EXPECT_SAME(recovered("data", 0, 9), "committed");
  EXPECT_SAME(in_file("data", kPage, 7), with_snapshot() ? "pending" : "killed!");
}

// MADV_REMOVE makes a hole: the bytes are zeros, and that is a change like any other.
CASE(advice_that_removes_pages_is_a_store_of_zeros) {
  kill_after([] {
    const File file("data", 4 * kPage);
    char *m = file.map(4 * kPage);
    for (std::size_t i = 0; i < 4; ++i) store(m + i * kPage, "page");
    EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
    EXPECT(madvise(m + kPage, kPage, MADV_REMOVE) == 0);
    EXPECT_SAME(std::string(m + kPage, 4), zeros(4));
    if (with_snapshot()) EXPECT_SAME(in_file("data", kPage, 4), "page");
    EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
    EXPECT_SAME(in_file("data", kPage, 4), zeros(4));
    EXPECT(madvise(m + 2 * kPage, kPage, MADV_REMOVE) == 0);
  });
  EXPECT_SAME(recovered("data", 0, 4), "page");
  EXPECT_SAME(in_file("data", kPage, 4), zeros(4));
  EXPECT_SAME(in_file("data", 2 * kPage, 4), with_snapshot() ? "page" : zeros(4));
}

// A child does not have what MADV_DONTFORK names; its parent does.
CASE(advice_that_children_go_without) {
  const File file("data", 2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "parent");
  EXPECT(madvise(m, 2 * kPage, MADV_DONTFORK) == 0);
  EXPECT_SAME(in_child([&]() -> int { return *static_cast<volatile char *>(m); }), 128 + SIGSEGV);
  // What it maps itself it has.
  EXPECT_SAME(in_child([] {
                const File own("own", kPage);
                char *n = own.map(kPage);
                store(n, "child");
                EXPECT(msync(n, kPage, MS_SYNC) == 0);
                return 0;
              }),
              0);
  EXPECT_SAME(in_file("own", 0, 5), "child");
  EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
  EXPECT_SAME(in_file("data", 0, 6), "parent");
}

// msync, munmap, reads and writes by descriptor work whatever the protection of the mapping is.
CASE(commits_under_every_protection) {
  for (const int protection : {PROT_NONE, PROT_READ, PROT_EXEC}) {
    const std::string name = "data" + std::to_string(protection);
    kill_after([&] {
      const File file(name, 8 * kPage);
      char *m = file.map(8 * kPage);
      for (std::size_t i = 0; i < 8; ++i) store(m + i * kPage, "page" + std::to_string(i));
      EXPECT(mprotect(m + 2 * kPage, 3 * kPage, protection) == 0);
      char seen[5] = {};
      EXPECT(pread(file.fd, seen, 5, 3 * kPage) == 5);
      EXPECT_SAME(std::string(seen, 5), "page3");
      EXPECT(msync(m, 8 * kPage, MS_SYNC) == 0);
      for (std::size_t i = 0; i < 8; ++i)
        EXPECT_SAME(in_file(name, i * kPage, 5), "page" + std::to_string(i));
      EXPECT(pwrite(file.fd, "wrote", 5, 2 * kPage) == 5);
      EXPECT(ftruncate(file.fd, 3 * kPage + 2) == 0);
      EXPECT(ftruncate(file.fd, 8 * kPage) == 0);
      EXPECT(fsync(file.fd) == 0);
      EXPECT_SAME(in_file(name, 2 * kPage, 5), "wrote");
      EXPECT_SAME(in_file(name, 3 * kPage, 5), "pa" + zeros(3));
      EXPECT_SAME(in_file(name, 4 * kPage, 5), zeros(5));
      EXPECT(pwrite(file.fd, "twice", 5, 2 * kPage) == 5);
      EXPECT(mprotect(m, 8 * kPage, PROT_READ | PROT_WRITE) == 0);
      EXPECT_SAME(std::string(m + 2 * kPage, 5), "twice");
      store(m + 3 * kPage, "again");
      EXPECT(msync(m, 8 * kPage, MS_SYNC) == 0);
      EXPECT(pwrite(file.fd, "never", 5, 2 * kPage) == 5);
    });
    EXPECT_SAME(recovered(name, 2 * kPage, 5), with_snapshot() ? "twice" : "never");
    EXPECT_SAME(in_file(name, 3 * kPage, 5), "again");
  }
}

// One thread protects and unprotects, others commit and read: nobody meets a fault.
CASE(commits_under_protection_that_comes_and_goes) {
  kill_after([] {
    const File file("data", 4 * kPage);
    char *m = file.map(4 * kPage);
    store(m + kPage, "protected");
    std::atomic<bool> stop{false};
    std::thread reader([&] {
      char seen[9];
      while (!stop) {
        EXPECT(pread(file.fd, seen, 9, kPage) == 9);
        EXPECT_SAME(std::string(seen, 9), "protected");
      }
    });
    std::thread committer([&] {
      for (int i = 0; !stop; ++i) {
        store(m, std::to_string(1000 + i % 1000));
        EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
      }
    });
    for (int i = 0; i < 2000; ++i) {
      EXPECT(mprotect(m + kPage, kPage, i % 3 == 0 ? PROT_NONE : PROT_READ) == 0);
      if (i % 5 == 0) EXPECT(mprotect(m + kPage, kPage, PROT_READ | PROT_WRITE) == 0);
      if (i % 5 == 0) store(m + kPage, "protected");
    }
    stop = true;
    reader.join(), committer.join();
    EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
    EXPECT(in_file("data", 0, kPage) == std::string(m, kPage));
  });
  EXPECT_SAME(recovered("data", kPage, 9), "protected");
}

CASE(a_file_that_is_unmapped_or_left_while_it_is_protected) {
  const File file("data", 2 * kPage), left("left", kPage);
  char *m = file.map(2 * kPage);
  store(m, "stored");
  EXPECT(mprotect(m, kPage, PROT_NONE) == 0);
  EXPECT(munmap(m, 2 * kPage) == 0);
  EXPECT_SAME(in_file("data", 0, 6), "stored");
  EXPECT(!has_log("data"));
  // Mapped again, it is as it was asked for.
  m = file.map(2 * kPage);
  EXPECT_SAME(std::string(m, 6), "stored");
  store(m, "STORED");
  EXPECT(munmap(m, 2 * kPage) == 0);
  EXPECT_SAME(in_file("data", 0, 6), "STORED");
  char *n = left.map(kPage);
  store(n, "stored");
  EXPECT(mprotect(n, kPage, PROT_NONE) == 0);
  EXPECT_ERROR(mprotect(n + 1, kPage, PROT_NONE), -1, EINVAL);
}

CASE(locked_memory) {
  kill_after([] {
    const File file("data", 16 * kPage);
    char *m = file.map(16 * kPage);
    EXPECT(mlock(m, 16 * kPage) == 0);
    for (std::size_t i = 0; i < 16; ++i) store(m + i * kPage, "page");
    EXPECT(msync(m, 16 * kPage, MS_SYNC) == 0);
    EXPECT(madvise(m, kPage, MADV_WILLNEED) == 0);
    EXPECT(ftruncate(file.fd, 8 * kPage) == 0 && ftruncate(file.fd, 16 * kPage) == 0);
    EXPECT_SAME(std::string(m + 8 * kPage, 4), zeros(4));
    EXPECT(msync(m, 16 * kPage, MS_SYNC) == 0);
    EXPECT(munlock(m, 16 * kPage) == 0);
    store(m, "lost");
  });
  EXPECT_SAME(recovered("data", 0, 4), with_snapshot() ? "page" : "lost");
  EXPECT_SAME(in_file("data", 8 * kPage, 4), zeros(4));
}

// A real-time program locks all that it has and will have; that must not be all that Snapshot reserves.
CASE(a_program_that_locks_all_its_memory) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) skip("memory cannot be locked (RLIMIT_MEMLOCK)");
  // Locked pages are there before they are stored to, so that of the ways to find out which ones were stored
  // to only comparing is left (SNAPSHOT_PAGES_FROM=auto takes it).
  unsetenv("SNAPSHOT_PAGES_FROM");
  kill_after([] {
    EXPECT(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);  // a child does not inherit it
    const File file("data", 16 * kPage);
    char *m = file.map(16 * kPage);
    for (std::size_t i = 0; i < 16; ++i) store(m + i * kPage, "page");
    EXPECT(msync(m, 16 * kPage, MS_SYNC) == 0);
    if (with_snapshot()) {
      EXPECT(memory_kib("VmRSS") < 64 << 10);
      EXPECT(memory_kib("VmPTE") < 16 << 10);
    }
    EXPECT(ftruncate(file.fd, 64 * kPage) == 0);
    char *n = file.map(64 * kPage);
    store(n + 63 * kPage, "grown");
    EXPECT(msync(n, 64 * kPage, MS_SYNC) == 0);
    EXPECT(ftruncate(file.fd, 16 * kPage) == 0);
    EXPECT(fsync(file.fd) == 0);
    store(m, "lost");
  });
  EXPECT_SAME(recovered("data", 0, 4), with_snapshot() ? "page" : "lost");
  EXPECT_SAME(size_in_file("data"), static_cast<long>(16 * kPage));
}

CASE(huge_pages_of_a_file_of_such) {
  constexpr std::size_t kHugePage = 2 << 20;
  std::size_t free_pages = 0;
  std::ifstream("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") >> free_pages;
  if (free_pages == 0) skip("no huge pages are reserved (vm.nr_hugepages)");
  EXPECT(mkdir("huge", 0755) == 0);
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", "huge", "hugetlbfs", 0, nullptr) != 0)
    skip("hugetlbfs cannot be mounted (it needs root)");
  const File file("huge/data", kHugePage);
  void *m = mmap(nullptr, kHugePage, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  EXPECT(m != MAP_FAILED);
  EXPECT(!is_managed(m));
  store(static_cast<char *>(m), "shared");
  EXPECT_SAME(in_child([&] {
                store(static_cast<char *>(m) + 8, "child");
                return 0;
              }),
              0);
  EXPECT_SAME(std::string(static_cast<char *>(m), 13), "shared" + zeros(2) + "child");
  EXPECT(munmap(m, kHugePage) == 0);
  EXPECT(umount2("huge", MNT_DETACH) == 0);
}

CASE(huge_pages_are_advised) {
  constexpr std::size_t kBytes = 8 << 20;
  kill_after([] {
    const File file("data", kBytes);
    char *m = file.map(kBytes);
    (void)madvise(m, kBytes, MADV_HUGEPAGE);
    for (std::size_t i = 0; i < kBytes; i += kBytes / 64) store(m + i, "huge");
    (void)madvise(m, kBytes, kAdviceCollapse);
    EXPECT(msync(m, kBytes, MS_SYNC) == 0);
    for (std::size_t i = 0; i < kBytes; i += kBytes / 64) EXPECT_SAME(in_file("data", i, 4), "huge");
    store(m + kBytes / 2, "lost");
  });
  EXPECT_SAME(recovered("data", kBytes / 2, 4), with_snapshot() ? "huge" : "lost");
}
