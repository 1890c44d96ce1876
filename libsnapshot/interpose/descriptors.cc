// close and its relatives must not take the library's own descriptors (platform/private_fd.h): programs that
// become daemons close every number there is.
#include "api/registry.h"
#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"
#include "platform/private_fd.h"

using namespace snapshot;

namespace {

// A descriptor that is closed may have been the last one of a file that is kept for it (SNAPSHOT_MUNMAP). The
// file is looked for again when it is closed: whoever closes the last one sees that there is none. The
// descriptor is closed whether or not the commit has failed, as close(2) has it.
template <typename Close>
int close_and_let_go(int fd, Close close_it) {
  const bool kept = SNAPSHOT_UNLIKELY(any_kept()) && is_kept(fd);
  const int result = close_it();
  if (SNAPSHOT_LIKELY(!kept) || result < 0) return result;
  const Status s = close_kept();
  return s.ok() ? result : static_cast<int>(edge(s));
}

}  // namespace

SNAPSHOT_EXPORT int close(int fd) {
  if (SNAPSHOT_UNLIKELY(is_private(fd))) return static_cast<int>(edge(Status{EBADF}));
  return close_and_let_go(fd, [fd] {
    auto *real_close = SNAPSHOT_REAL(close);
    return real_close != nullptr ? real_close(fd) : static_cast<int>(edge(sys::close(fd)));
  });
}

SNAPSHOT_EXPORT int dup2(int from, int to) noexcept {
  if (SNAPSHOT_UNLIKELY(is_private(to) || is_private(from))) return static_cast<int>(edge(Status{EBADF}));
  return close_and_let_go(to, [=] { return static_cast<int>(edge(sys::call(SYS_dup2, from, to))); });
}

SNAPSHOT_EXPORT int dup3(int from, int to, int flags) noexcept {
  if (SNAPSHOT_UNLIKELY(is_private(to) || is_private(from))) return static_cast<int>(edge(Status{EBADF}));
  return close_and_let_go(to, [=] { return static_cast<int>(edge(sys::call(SYS_dup3, from, to, flags))); });
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
  const long result = close_others(first, last, flags);
  const Status s = SNAPSHOT_UNLIKELY(any_kept()) && result == 0 ? close_kept() : kOk;
  return static_cast<int>(s.ok() ? edge(result) : edge(s));
}

SNAPSHOT_EXPORT void closefrom(int first) noexcept {
  (void)close_others(first < 0 ? 0 : static_cast<u64>(first), ~0u, 0);
  if (SNAPSHOT_UNLIKELY(any_kept())) (void)close_kept();
}
