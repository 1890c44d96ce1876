// The program that the crash tests kill. Linked with snapshot_testing, so that SNAPSHOT_TEST_KILL=STEP:N
// kills it.
//
//   crash_subject run WORKLOAD FILE FIRST LAST   commits FIRST to LAST, then unmaps the file
//   crash_subject die WORKLOAD FILE FIRST LAST   the same, but kills itself at the return of the last commit
//   crash_subject threads FILE COUNT FIRST       threads that commit 64 KiB each, for ever; see
//   random_kills_test.cc
//   crash_subject open FILE                      maps FILE, which recovers it, and ends without unmapping
//
// On descriptor 3 it writes the number of each commit that has returned, eight bytes each; open, how many
// recoveries found the last commit complete, and how many undid it.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "support/mapped_file.h"
#include "support/stores.h"
#include "workload.h"

using crash::Workload;

namespace {

void report(std::uint64_t number) {
  if (syscall(SYS_write, 3, &number, sizeof number) != sizeof number) std::_Exit(9);
}

void check(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "crash_subject: %s: errno %d, %s\n", what, errno, snapshot_last_error());
  std::_Exit(8);
}

class MappedTarget : public crash::Target {
 public:
  explicit MappedTarget(const char *path) : fd_(open(path, O_RDWR | O_CLOEXEC)) {
    check(fd_ >= 0, "open");
    map();
  }
  std::uint64_t size() const override {
    struct stat st;
    check(fstat(fd_, &st) == 0, "fstat");
    return static_cast<std::uint64_t>(st.st_size);
  }
  void resize(std::uint64_t size) override {
    check(ftruncate(fd_, static_cast<off_t>(size)) == 0, "ftruncate");
  }
  void store(std::uint64_t offset, const void *bytes, std::uint64_t count) override {
    test::store_bytes(begin_ + offset, bytes, count);
  }
  void commit(bool by_closing) {
    if (!by_closing) return check(msync(begin_, crash::map_bytes, MS_SYNC) == 0, "msync");
    unmap();
    map();
  }
  void unmap() { check(munmap(begin_, crash::map_bytes) == 0, "munmap"); }

 private:
  void map() {
    void *address = mmap(nullptr, crash::map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    check(address != MAP_FAILED && snapshot_is_managed(address, crash::map_bytes) == 1, "mmap");
    begin_ = static_cast<char *>(address);
  }
  int fd_;
  char *begin_ = nullptr;
};

int run(const Workload &workload, const char *path, std::uint64_t first, std::uint64_t last, bool die) {
  MappedTarget file(path);
  for (std::uint64_t k = first; k <= last; ++k) {
    workload.change(file, k);
    file.commit(workload.closes);
    if (die && k == last) raise(SIGKILL);
    report(k);
  }
  file.unmap();
  return 0;
}

// Thread t stores k to every word of its 64 KiB, or, each third time, of one line in five, and commits just
// them.
int run_threads(const char *path, std::size_t count, std::uint64_t first) {
  constexpr std::size_t words = 65536 / 8;
  test::MappedFile file(path, count * 65536);
  auto body = [&](std::size_t t) {
    std::uint64_t *begin = file.word(t * words);
    for (std::uint64_t k = first;; ++k) {
      for (std::size_t i = 0; i < words; i += k % 3 == 0 ? 40 : 1) test::store(begin + i, k);
      check(msync(begin, 65536, MS_SYNC) == 0, "msync");
      report(t << 56 | k);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < count; ++t) threads.emplace_back(body, t);
  for (auto &t : threads) t.join();
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  if ((mode == "run" || mode == "die") && argc == 6)
    return run(crash::workload_named(argv[2]), argv[3], number(4), number(5), mode == "die");
  if (mode == "threads" && argc == 5) return run_threads(argv[2], number(3), number(4));
  if (mode == "open" && argc == 3) {
    MappedTarget file(argv[2]);
    report(test::statistics().recoveries_clean);
    report(test::statistics().recoveries_rolled_back);
    std::_Exit(0);
  }
  std::fprintf(stderr, "crash_subject: wrong arguments\n");
  return 2;
}
