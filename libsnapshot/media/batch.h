// Page-cache media: what a commit does to many places of the backing range, with few system calls. One for
// each of a few thousand lines takes longer than the sync that makes them durable.
#pragma once
#include <sys/uio.h>

#include "media/medium.h"

namespace snapshot {

// Pieces in one system call. Small, since they are on the stack of a thread of the program; the tests'
// libraries have less, so that a few lines make several calls, with a step in between.
#if defined(SNAPSHOT_TESTING)
inline constexpr u32 kBatchPieces = 2;
#else
inline constexpr u32 kBatchPieces = 64;
#endif

// Copies to or from a shared mapping of a file, as copy_by_kernel makes them. Not thread-safe.
class CopyBatch {
 public:
  // The copy is made when finish() returns, or before. Both ranges must stay until then. EIO when a page
  // cannot be had any more, ENOMEM: then some of what was added has been copied.
  Status add(void *to, const void *from, u64 bytes) {
    to_[count_] = {to, bytes};
    from_[count_] = {const_cast<void *>(from), bytes};
    return ++count_ == kBatchPieces ? finish() : kOk;
  }
  Status finish();

 private:
  u32 count_ = 0;
  struct iovec to_[kBatchPieces], from_[kBatchPieces];
};

// prepare_for_writing for many ranges. Not thread-safe.
class PrepareBatch {
 public:
  // path_fd: of any file on the file system, to find out why there is no space.
  explicit PrepareBatch(int path_fd) : path_fd_(path_fd) {}

  // Every range that was added is prepared when finish() returns. ENOSPC, EIO, ENOMEM.
  Status add(BackingAddr begin, u64 bytes);
  Status finish();

 private:
  Status prepare_all();

  int path_fd_;
  u32 count_ = 0;
  struct iovec pages_[kBatchPieces];
};

}  // namespace snapshot
