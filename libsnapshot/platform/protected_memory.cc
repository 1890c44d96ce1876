#include "platform/protected_memory.h"

#include "base/syscall.h"

namespace snapshot {
namespace {

// call(fd, done): reads or writes some of what is left.
template <typename Call>
Status in_own_memory(int flags, u64 bytes, Call call) {
  const long fd = sys::open("/proc/self/mem", flags | O_CLOEXEC);
  if (sys::failed(fd)) return sys::status(fd);
  Status s;
  for (u64 done = 0; s.ok() && done < bytes;) {
    const long n = call(static_cast<int>(fd), done);
    if (n == -EINTR) continue;
    if (n <= 0) s = {n == 0 ? EIO : static_cast<int>(-n)};
    if (n > 0) done += static_cast<u64>(n);
  }
  (void)sys::close(static_cast<int>(fd));
  return s;
}

}  // namespace

Status read_protected(void *to, u64 address, u64 bytes) {
  return in_own_memory(O_RDONLY, bytes, [&](int fd, u64 done) {
    return sys::pread(fd, static_cast<u8 *>(to) + done, bytes - done, address + done);
  });
}

Status write_protected(u64 address, const void *from, u64 bytes) {
  return in_own_memory(O_WRONLY, bytes, [&](int fd, u64 done) {
    return sys::call(SYS_pwrite64, fd, sys::as_long(static_cast<const u8 *>(from) + done),
                     static_cast<long>(bytes - done), static_cast<long>(address + done));
  });
}

}  // namespace snapshot
