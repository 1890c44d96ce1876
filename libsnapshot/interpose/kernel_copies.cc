// Copies inside the kernel, which would bypass the working copy of a managed file. sendfile is carried out
// here; copy_file_range and splice are refused, since all their users must have a fallback for what is on two
// file systems, or on one that cannot splice. (Clones are requests of ioctl: requests.cc.)
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "api/managed_io.h"
#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"
#include "interpose/written.h"

using namespace snapshot;

namespace {

constexpr u64 kBufferBytes = 16 << 10;  // on the stack of whoever calls
constexpr u64 kSendfileMax = 0x7ffff000;

// The managed files among the two; nullptr for one that is not.
Status find_managed(int a, int b, RegisteredFile **file_a, RegisteredFile **file_b) {
  *file_a = *file_b = nullptr;
  if (SNAPSHOT_LIKELY(!any_managed())) return kOk;
  if (Status s = file_by_fd(a, file_a); !s.ok()) return s;
  return file_by_fd(b, file_b);
}

// file: of fd, if it is managed.
long read_at(int fd, RegisteredFile *file, u8 *to, u64 n, u64 offset) {
  const long got = sys::pread(fd, to, n, offset);
  if (file == nullptr || sys::failed(got) || got == 0) return got;
  const iovec v{to, n};
  return overlay_working_copy(*file, fd, &v, 1, static_cast<i64>(offset), got);
}

long write_at_position(int fd, RegisteredFile *file, u8 *from, u64 n) {
  if (file != nullptr) {
    const iovec v{from, n};
    long written = 0;
    const Status s = write_working_copy(*file, fd, &v, 1, -1, &written);
    if (s.error != ESTALE) return s.ok() ? written : -s.error;
  }
  return sys::write(fd, from, n);
}

// sendfile from an offset, without the positions of the source. Like the kernel's it tells of an error only
// if nothing was copied.
long copy_from(int to, RegisteredFile *target, int from, RegisteredFile *source, u64 offset, u64 count) {
  u8 buffer[kBufferBytes];
  u64 copied = 0;
  while (copied < count) {
    const u64 wanted = min_u64(count - copied, kBufferBytes);
    const long got = read_at(from, source, buffer, wanted, offset + copied);
    const long put = got <= 0 ? got : write_at_position(to, target, buffer, static_cast<u64>(got));
    if (sys::failed(put) && copied == 0) return put;
    if (put <= 0) break;
    copied += static_cast<u64>(put);
    if (put < got) break;
  }
  return static_cast<long>(copied);
}

long send(int to, int from, off_t *offset, size_t count) {
  RegisteredFile *target, *source;
  if (Status s = find_managed(to, from, &target, &source); !s.ok()) return -s.error;
  if (target == nullptr && source == nullptr) {
    const long n = sys::call(SYS_sendfile, to, from, sys::as_long(offset), static_cast<long>(count));
    if (offset != nullptr) written_object(offset);
    return n;
  }
  const long begin = offset != nullptr ? *offset : sys::lseek(from, 0, SEEK_CUR);
  if (begin < 0) return sys::failed(begin) && offset == nullptr ? begin : -EINVAL;
  const long n = copy_from(to, target, from, source, static_cast<u64>(begin), min_u64(count, kSendfileMax));
  if (n <= 0) return n;
  if (offset == nullptr) {
    const long moved = sys::lseek(from, begin + n, SEEK_SET);
    return sys::failed(moved) ? moved : n;
  }
  *offset = begin + n;
  written_object(offset);
  return n;
}

}  // namespace

SNAPSHOT_EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t count) noexcept {
  return edge(send(to, from, offset, count));
}
SNAPSHOT_EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) noexcept {
  return edge(send(to, from, offset, count));
}

SNAPSHOT_EXPORT ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset,
                                        size_t count, unsigned flags) {
  RegisteredFile *source, *target;
  if (Status s = find_managed(from, to, &source, &target); !s.ok()) return edge(s);
  if (source != nullptr || target != nullptr) return edge(Status{EXDEV});
  const long n = sys::call(SYS_copy_file_range, from, sys::as_long(from_offset), to, sys::as_long(to_offset),
                           static_cast<long>(count), flags);
  if (from_offset != nullptr) written_object(from_offset);
  if (to_offset != nullptr) written_object(to_offset);
  return edge(n);
}

SNAPSHOT_EXPORT ssize_t splice(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t count,
                               unsigned flags) {
  RegisteredFile *source, *target;
  if (Status s = find_managed(from, to, &source, &target); !s.ok()) return edge(s);
  if (source != nullptr || target != nullptr) return edge(Status{EINVAL});
  const ssize_t n = SNAPSHOT_REAL(splice)(from, from_offset, to, to_offset, count, flags);
  if (from_offset != nullptr) written_object(from_offset);
  if (to_offset != nullptr) written_object(to_offset);
  return n;
}
