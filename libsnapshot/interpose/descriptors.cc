// close and its relatives must not take the library's own descriptors (platform/private_fd.h): programs that
// become daemons close every number there is.
#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"
#include "platform/private_fd.h"

using namespace snapshot;

SNAPSHOT_EXPORT int close(int fd) {
  if (SNAPSHOT_UNLIKELY(is_private(fd))) return static_cast<int>(edge(Status{EBADF}));
  auto *real_close = SNAPSHOT_REAL(close);
  return real_close != nullptr ? real_close(fd) : static_cast<int>(edge(sys::close(fd)));
}

SNAPSHOT_EXPORT int dup2(int from, int to) noexcept {
  if (SNAPSHOT_UNLIKELY(is_private(to) || is_private(from))) return static_cast<int>(edge(Status{EBADF}));
  return static_cast<int>(edge(sys::call(SYS_dup2, from, to)));
}

SNAPSHOT_EXPORT int dup3(int from, int to, int flags) noexcept {
  if (SNAPSHOT_UNLIKELY(is_private(to) || is_private(from))) return static_cast<int>(edge(Status{EBADF}));
  return static_cast<int>(edge(sys::call(SYS_dup3, from, to, flags)));
}

namespace {

// Around the private ones; they are close-on-exec already.
long close_others(u64 first, u64 last, int flags) {
  for (u64 begin = first; begin <= last;) {
    const u64 ours = any_private() ? first_private_from(begin, last) : last + 1;
    if (ours > begin)
      if (const long r =
              sys::call(SYS_close_range, static_cast<long>(begin), static_cast<long>(ours - 1), flags);
          sys::failed(r))
        return r;
    begin = ours + 1;
  }
  return 0;
}

}  // namespace

SNAPSHOT_EXPORT int close_range(unsigned first, unsigned last, int flags) noexcept {
  if (first > last) return static_cast<int>(edge(Status{EINVAL}));
  return static_cast<int>(edge(close_others(first, last, flags)));
}

SNAPSHOT_EXPORT void closefrom(int first) noexcept {
  (void)close_others(first < 0 ? 0 : static_cast<u64>(first), ~0u, 0);
}
