#include "workloads/msync_breakdown/kernel_msync.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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
  SecondThread()
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

std::vector<double> KernelMsync::measure(std::uint64_t lines, std::uint64_t commits) {
  const double plain = plain_stores_us(lines, commits);
  sync(array_, kArrayBytes);
  const double syscall = msync_us(0, 1000), scan = msync_us(kArrayBytes, 10) - syscall;
  const Cost alone = commit(lines, commits);
  Cost accompanied{};
  {
    const SecondThread second;
    accompanied = commit(lines, commits);
  }
  const double tlb = accompanied.stores_us + accompanied.msync_cpu_us - alone.stores_us - alone.msync_cpu_us;
  std::vector<double> parts = {
      plain, alone.stores_us - plain, syscall, scan, alone.msync_cpu_us - scan - syscall, tlb, alone.wait_us};
  for (double &part : parts) part = std::max(part, 0.0);  // what is smaller than the noise of a difference
  return parts;
}

}  // namespace bench
