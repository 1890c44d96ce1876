#include "platform/file_io.h"

#include "base/syscall.h"

namespace snapshot {
namespace {
// A write makes the folios of the page cache as large as its length and its place allow (ext4 from Linux 6.16
// on, XFS, btrfs), and what is written there later goes to the disk folio by folio. So a log is filled by
// whole ones: of this size, because a sync for one block looks at its whole folio (bench/README.md,
// log_append).
constexpr u64 kZeroBytes = 32 << 10;
constexpr u8 kZeros[kZeroBytes] = {};
}  // namespace

Status read_exactly(int fd, void *to, u64 bytes, u64 offset) {
  for (u64 done = 0; done < bytes;) {
    const long n = sys::pread(fd, static_cast<u8 *>(to) + done, bytes - done, offset + done);
    if (n == -EINTR) continue;
    if (sys::failed(n)) return sys::status(n);
    if (n == 0) return {ENODATA};
    done += static_cast<u64>(n);
  }
  return kOk;
}

Status write_exactly(int fd, const void *from, u64 bytes, u64 offset) {
  for (u64 done = 0; done < bytes;) {
    const long n = sys::pwrite(fd, static_cast<const u8 *>(from) + done, bytes - done, offset + done);
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? Status{ENOSPC} : sys::status(n);
    done += static_cast<u64>(n);
  }
  return kOk;
}

Status write_zeros(int fd, u64 offset, u64 bytes) {
  for (u64 done = 0; done < bytes;) {
    const u64 n = min_u64(bytes - done, kZeroBytes - (offset + done) % kZeroBytes);
    if (Status s = write_exactly(fd, kZeros, n, offset + done); !s.ok()) return s;
    done += n;
  }
  return kOk;
}

PlainWrites::PlainWrites(int fd) : fd_(fd) {
  const long flags = sys::fcntl(fd, F_GETFL);
  position_ = sys::lseek(fd, 0, SEEK_CUR);
  if (sys::failed(flags)) status_ = sys::status(flags);
  if (sys::failed(flags) || (flags & (O_APPEND | O_DIRECT)) == 0) return;
  status_ = sys::status(sys::fcntl(fd, F_SETFL, flags & ~(O_APPEND | O_DIRECT)));
  if (status_.ok()) flags_to_restore_ = flags;
}

PlainWrites::~PlainWrites() {
  // Looking for holes has moved it.
  if (!sys::failed(position_)) (void)sys::lseek(fd_, position_, SEEK_SET);
  if (flags_to_restore_ != 0) (void)sys::fcntl(fd_, F_SETFL, flags_to_restore_);
}

}  // namespace snapshot
