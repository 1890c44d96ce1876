#include "platform/private_fd.h"

#include <atomic>

#include "base/syscall.h"

namespace snapshot {
namespace {

// Beyond what a program that numbers its descriptors by hand would use, below the usual soft limit of 1024.
constexpr int kPrivateMin = 512;
constexpr int kPrivateMax = 1 << 20;

// One bit per descriptor; lazily backed.
constinit std::atomic<u64> private_bits[kPrivateMax / 64];
constinit std::atomic<u32> private_count{0};

}  // namespace

int make_private(int fd) {
  long moved = sys::fcntl(fd, F_DUPFD_CLOEXEC, kPrivateMin);
  // A low RLIMIT_NOFILE: any free number will do.
  if (moved == -EINVAL || moved == -EMFILE) moved = sys::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  (void)sys::close(fd);
  if (sys::failed(moved)) return static_cast<int>(moved);
  if (moved < kPrivateMax) {
    private_bits[moved / 64].fetch_or(u64{1} << (moved % 64));
    private_count.fetch_add(1);
  }
  return static_cast<int>(moved);
}

void close_private(int fd) {
  if (fd < 0) return;
  if (fd < kPrivateMax) {
    private_bits[fd / 64].fetch_and(~(u64{1} << (fd % 64)));
    private_count.fetch_sub(1);
  }
  (void)sys::close(fd);
}

bool any_private() { return private_count.load(std::memory_order_relaxed) != 0; }

bool is_private(int fd) {
  if (fd < 0 || fd >= kPrivateMax) return false;
  return (private_bits[fd / 64].load(std::memory_order_relaxed) >> (fd % 64)) & 1;
}

u64 first_private_from(u64 first, u64 last) {
  for (u64 fd = first; fd <= last && fd < kPrivateMax; ++fd)
    if (is_private(static_cast<int>(fd))) return fd;
  return last + 1;
}

}  // namespace snapshot
