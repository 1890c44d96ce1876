// Stores to one line of each of so many random pages of a sparse file of 1 GiB, and a commit; not compiled by
// snapcc. WAY is how the commit finds the lines: what SNAPSHOT_PAGES_FROM knows, or "declared", by
// snapshot_log_range. usage: page_tracking-worker FILE WAY
//
//   run COMMITS PAGES    so many commits, each of so many pages
//   check                what they took since the last check: store_ns, commit_ns, and how many lines were
//                        committed, pages scanned and compared; works=0: this way is not to be had here
#include "harness/worker.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "harness/random.h"
#include "snapshot/snapshot.h"

namespace {

constexpr std::uint64_t kPageBytes = 4096, kPages = (std::uint64_t{1} << 30) / kPageBytes;
// Pages with a history: stored to, and committed, before anything is measured.
constexpr std::uint64_t kPagesBefore = 50000;

[[noreturn]] void give_up(const char *what) {
  std::fprintf(stderr, "page_tracking: %s\n", what);
  std::exit(1);
}

class PageTracking {
 public:
  PageTracking(const char *path, bool declares) : declares_(declares) {
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(kPages * kPageBytes)) != 0) bench::worker_fails(path);
    void *const address = mmap(nullptr, kPages * kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (address == MAP_FAILED) {
      // Some kernels have no such interface; anything else is a failure.
      if (std::strstr(snapshot_last_error(), "does not work here") == nullptr) give_up(snapshot_last_error());
      return;
    }
    bytes_ = static_cast<char *>(address);
    run(1, kPagesBefore);
    commit();
  }

  void run(std::uint64_t commits, std::uint64_t pages) {
    if (bytes_ == nullptr) return;
    for (std::uint64_t i = 0; i < commits; ++i) {
      const std::uint64_t begin = bench::cpu_ns();
      store_to(pages);
      const std::uint64_t stored = bench::cpu_ns();
      commit();
      store_ns_ += stored - begin;
      commit_ns_ += bench::cpu_ns() - stored;
    }
  }

  void check() {
    snapshot_statistics now{};
    if (snapshot_get_statistics(&now, sizeof now) != 0) bench::worker_fails("snapshot_get_statistics");
    std::printf("works=%d store_ns=%" PRIu64 " commit_ns=%" PRIu64 " lines=%" PRIu64 " scanned=%" PRIu64
                " compared=%" PRIu64,
                bytes_ != nullptr, store_ns_, commit_ns_, now.lines_committed - before_.lines_committed,
                now.pages_scanned - before_.pages_scanned, now.pages_compared - before_.pages_compared);
    before_ = now;
    store_ns_ = commit_ns_ = 0;
  }

 private:
  // The k-th is a random page of the k-th part.
  void store_to(std::uint64_t pages) {
    const std::uint64_t part = kPages / pages;
    for (std::uint64_t k = 0; k < pages; ++k) {
      auto *const word =
          reinterpret_cast<std::uint64_t *>(bytes_ + (k * part + random_.next() % part) * kPageBytes);
      __atomic_store_n(word, random_.next(), __ATOMIC_RELAXED);
      if (declares_) snapshot_log_range(word, sizeof *word);
    }
  }
  void commit() {
    if (msync(bytes_, kPages * kPageBytes, MS_SYNC) != 0) give_up(snapshot_last_error());
  }

  char *bytes_ = nullptr;  // nullptr: this way does not work here
  bool declares_;
  bench::Random random_{1};
  std::uint64_t store_ns_ = 0, commit_ns_ = 0;
  snapshot_statistics before_{};
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FILE WAY\n", argv[0]);
    return 2;
  }
  const bool declares = std::strcmp(argv[2], "declared") == 0;
  if (!declares) {
    setenv("SNAPSHOT_TRACK", "pages", 1);
    setenv("SNAPSHOT_PAGES_FROM", argv[2], 1);
  }
  PageTracking workload(argv[1], declares);
  return bench::serve(workload);
}
