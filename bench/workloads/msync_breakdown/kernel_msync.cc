#include "workloads/msync_breakdown/kernel_msync.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/ticks.h"
#include "workloads/msync_breakdown/stores.h"

namespace bench {
namespace {

constexpr std::uint64_t kPageWords = 4096 / sizeof(std::uint64_t);

double us(std::uint64_t ticks, std::uint64_t times) {
  return static_cast<double>(ticks) / ticks_per_ns() / 1000 / static_cast<double>(times);
}

void sync(void *array, std::uint64_t bytes) {
  if (msync(array, bytes, MS_SYNC) != 0) fail("msync");
}

// A thread of this process that keeps another CPU in its address space.
class SecondThread {
 public:
  explicit SecondThread(void *)
      : thread_([this] {
          runs_ = true;
          while (!stop_) _mm_pause();
        }) {
    while (!runs_) _mm_pause();
  }
  ~SecondThread() {
    stop_ = true;
    thread_.join();
  }
  SecondThread(const SecondThread &) = delete;
  SecondThread &operator=(const SecondThread &) = delete;

 private:
  std::atomic<bool> runs_{false}, stop_{false};
  std::thread thread_;
};

// A process that keeps another CPU as busy, in an address space that has nothing of the array.
class SecondProcess {
 public:
  explicit SecondProcess(void *array) {
    int ends[2];
    if (pipe(ends) != 0 || (pid_ = fork()) < 0) fail("fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      munmap(array, kArrayBytes);
      if (write(ends[1], "r", 1) != 1) _exit(1);
      for (;;) _mm_pause();
    }
    close(ends[1]);
    char runs = 0;
    const bool told = read(ends[0], &runs, 1) == 1;
    close(ends[0]);
    if (!told) fail("a process that was to run ended");
  }
  ~SecondProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  SecondProcess(const SecondProcess &) = delete;
  SecondProcess &operator=(const SecondProcess &) = delete;

 private:
  pid_t pid_ = -1;
};

// TLB flushes that a CPU has made for another, of all CPUs; 0 where the kernel does not tell.
std::uint64_t tlb_flushes() {
  std::ifstream interrupts("/proc/interrupts");
  for (std::string line; std::getline(interrupts, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t sum = 0;
    if (!(words >> name) || name != "TLB:") continue;
    for (std::uint64_t of_cpu; words >> of_cpu;) sum += of_cpu;
    return sum;
  }
  return 0;
}

}  // namespace

KernelMsync::KernelMsync(const std::string &path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::vector<char> zeros(kArrayBytes);
  if (fd < 0 || write(fd, zeros.data(), kArrayBytes) != static_cast<ssize_t>(kArrayBytes) || fsync(fd) != 0)
    fail(path + ": cannot be made");
  void *at = mmap(nullptr, kArrayBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) fail(path + ": cannot be mapped");
  close(fd);
  array_ = static_cast<std::uint64_t *>(at);
}

KernelMsync::~KernelMsync() { munmap(array_, kArrayBytes); }

double KernelMsync::msync_us(std::uint64_t bytes, std::uint64_t times) {
  const std::uint64_t begin = cpu_ns();
  for (std::uint64_t i = 0; i < times; ++i) sync(array_, bytes);
  return static_cast<double>(cpu_ns() - begin) / 1000 / static_cast<double>(times);
}

double KernelMsync::plain_stores_us(std::uint64_t lines, std::uint64_t commits) {
  // Writable: by a store that changes nothing.
  volatile std::uint64_t *const words = array_;
  for (std::uint64_t i = 0; i < kArrayBytes / sizeof *array_; i += kPageWords) words[i] = words[i];
  const std::uint64_t begin = ticks();
  for (std::uint64_t i = 0; i < commits; ++i) store_to_lines(array_, lines, random_);
  stores_ += lines * commits;
  return us(ticks() - begin, commits);
}

KernelMsync::Cost KernelMsync::commit(std::uint64_t lines, std::uint64_t commits) {
  std::uint64_t stores = 0, syncs = 0;
  const std::uint64_t wall = wall_ns(), cpu = cpu_ns();
  for (std::uint64_t i = 0; i < commits; ++i) {
    const std::uint64_t begin = ticks();
    store_to_lines(array_, lines, random_);
    const std::uint64_t stored = ticks();
    sync(array_, kArrayBytes);
    stores += stored - begin;
    syncs += ticks() - stored;
  }
  stores_ += lines * commits;
  const auto cpu_spent = static_cast<double>(cpu_ns() - cpu), spent = static_cast<double>(wall_ns() - wall);
  const double wait = std::max(0.0, (spent - cpu_spent) / 1000 / static_cast<double>(commits));
  return {us(stores, commits), us(syncs, commits) - wait, wait};
}

template <typename Company>
KernelMsync::Cost KernelMsync::commit_beside(std::uint64_t lines, std::uint64_t commits,
                                             std::uint64_t *flushes) {
  const Company company(array_);
  const std::uint64_t before = tlb_flushes();
  const Cost cost = commit(lines, commits);
  *flushes += tlb_flushes() - before;
  return cost;
}

void KernelMsync::print_flushes() {
  if (tlb_flushes() != 0)
    std::printf("    TLB flushes for another CPU, per commit: beside a thread %.1f, beside a process %.1f\n",
                static_cast<double>(flushes_thread_) / static_cast<double>(commits_),
                static_cast<double>(flushes_process_) / static_cast<double>(commits_));
  commits_ = flushes_thread_ = flushes_process_ = 0;
}

std::vector<double> KernelMsync::measure(std::uint64_t lines, std::uint64_t commits) {
  const double plain = plain_stores_us(lines, commits);
  sync(array_, kArrayBytes);
  const double syscall = msync_us(0, 1000), scan = msync_us(kArrayBytes, 10) - syscall;
  const Cost alone = commit(lines, commits);
  const Cost process = commit_beside<SecondProcess>(lines, commits, &flushes_process_),
             thread = commit_beside<SecondThread>(lines, commits, &flushes_thread_);
  commits_ += commits;
  const double tlb = thread.stores_us + thread.msync_cpu_us - process.stores_us - process.msync_cpu_us;
  std::vector<double> parts = {
      plain, alone.stores_us - plain, syscall, scan, alone.msync_cpu_us - scan - syscall, tlb, alone.wait_us};
  for (double &part : parts) part = std::max(part, 0.0);  // what is smaller than the noise of a difference
  return parts;
}

}  // namespace bench
