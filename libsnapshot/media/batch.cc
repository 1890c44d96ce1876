#include "media/batch.h"

#include "base/step.h"
#include "base/syscall.h"
#include "platform/mutex.h"

namespace snapshot {
namespace {

constexpr int kOwnThread = -10000;  // PIDFD_SELF_THREAD

// Drops the first bytes from the pieces, and says which is the first that is left.
struct iovec *skip(struct iovec *piece, u64 bytes) {
  while (bytes > 0) {
    const u64 part = bytes < piece->iov_len ? bytes : piece->iov_len;
    piece->iov_base = static_cast<u8 *>(piece->iov_base) + part;
    piece->iov_len -= part;
    bytes -= part;
    if (piece->iov_len == 0) ++piece;
  }
  return piece;
}

// The pieces, which are equally long in pairs, up to end: by a system call, as medium.h says.
Status copy_pieces(struct iovec *to, struct iovec *to_end, struct iovec *from) {
  while (to != to_end) {
    const long n = sys::call(SYS_process_vm_readv, thread_token(), sys::as_long(to), to_end - to,
                             sys::as_long(from), to_end - to, 0);
    if (n == -EINTR) continue;
    if (n == -ENOSYS || n == -EPERM) {  // forbidden here (seccomp)
      for (; to != to_end; ++to, ++from) copy_bytes(to->iov_base, from->iov_base, to->iov_len);
      return kOk;
    }
    if (n <= 0) return {n == -ENOMEM ? ENOMEM : EIO};
    to = skip(to, static_cast<u64>(n));
    from = skip(from, static_cast<u64>(n));
  }
  return kOk;
}

}  // namespace

Status copy_by_kernel(void *to, const void *from, u64 bytes) {
  if (bytes == 0) return kOk;
  struct iovec local = {to, bytes}, remote = {const_cast<void *>(from), bytes};
  return copy_pieces(&local, &local + 1, &remote);
}

Status CopyBatch::finish() {
#if defined(SNAPSHOT_TESTING)
  struct iovec copied[kBatchPieces];
  for (u32 i = 0; i < count_; ++i) copied[i] = to_[i];
#endif
  const Status s = copy_pieces(to_, to_ + count_, from_);
#if defined(SNAPSHOT_TESTING)
  for (u32 i = 0; i < count_ && s.ok(); ++i) {
    SNAPSHOT_OBSERVE(copy_plain, copied[i].iov_base, copied[i].iov_len);
    SNAPSHOT_STEP("commit-run-copied");
  }
#endif
  count_ = 0;
  return s;
}

Status PrepareBatch::add(BackingAddr begin, u64 bytes) {
  const u64 first = round_down(begin.value, kPageBytes), end = round_up(begin.value + bytes, kPageBytes);
  if (count_ > 0) {  // runs on one page, or on neighbours
    struct iovec &last = pages_[count_ - 1];
    const u64 last_first = reinterpret_cast<u64>(last.iov_base), last_end = last_first + last.iov_len;
    if (first >= last_first && first <= last_end) {
      if (end > last_end) last.iov_len = end - last_first;
      return kOk;
    }
  }
  pages_[count_] = {reinterpret_cast<void *>(first), end - first};
  return ++count_ == kBatchPieces ? finish() : kOk;
}

Status PrepareBatch::finish() {
  const Status s = prepare_all();
  count_ = 0;
  return s;
}

// process_madvise(2) takes many ranges, since Linux 6.13 with any advice for the own process, which
// since 6.14 needs no descriptor. Where it stops, and where there is no such call, madvise goes on, and says
// what the matter is.
Status PrepareBatch::prepare_all() {
  struct iovec *piece = pages_, *const end = pages_ + count_;
  while (end - piece > 1) {
    const long n =
        sys::call(SYS_process_madvise, kOwnThread, sys::as_long(piece), end - piece, MADV_POPULATE_WRITE, 0);
    if (n <= 0) break;
    piece = skip(piece, static_cast<u64>(n));
  }
  for (; piece != end; ++piece)
    if (Status s = populate_for_writing(reinterpret_cast<u64>(piece->iov_base), piece->iov_len, path_fd_);
        !s.ok())
      return s;
  return kOk;
}

}  // namespace snapshot
