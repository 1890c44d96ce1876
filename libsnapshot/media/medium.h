// What the backing file lives on, and how data and log are made durable there.
//
//   memory      loads and stores reach the medium: DAX, CXL memory, or tmpfs when forced for testing. Copies
//   are
//               non-temporal stores, a fence is SFENCE. Cannot fail.
//   page-cache  an ordinary file system: copies go to the page cache, a fence is fdatasync of the log file or
//               msync(MS_SYNC) of the data range. Can fail with EIO, ENOSPC, EDQUOT.
#pragma once
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/observer.h"
#include "media/persist.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

namespace snapshot {

enum class MediumKind { memory, page_cache };

// Page-cache media: copies to or from a shared mapping of a file. EIO when a page cannot be had any more.
//
// By a system call: the kernel may have written the page back and protected it, or dropped it, since it was
// prepared, and if the disk has failed since then an access of ours would raise SIGBUS where a system call
// gets EFAULT. Reading, never writing, our own memory: that way round the kernel stores as we would, with a
// fault where the page is protected, instead of through a reference to the page.
Status copy_by_kernel(void *to, const void *from, u64 bytes);

struct Medium {
  MediumKind kind = MediumKind::page_cache;
  const PersistVerbs *verbs = nullptr;
  // Flags that make a shared mapping of this medium: MAP_SHARED, or MAP_SHARED_VALIDATE | MAP_SYNC on DAX.
  int map_flags = MAP_SHARED;

  bool is_memory() const { return kind == MediumKind::memory; }
  const char *name() const { return is_memory() ? "memory" : "page-cache"; }

  // Both addresses 64-byte aligned, bytes a multiple of 64. Reaches the medium at the next fence.
  [[nodiscard]] Status copy(void *to, const void *from, u64 bytes) const {
    if (SNAPSHOT_LIKELY(is_memory())) {
      verbs->copy_nt(to, from, bytes);
      SNAPSHOT_OBSERVE(copy_nt, to, bytes);
      return kOk;
    }
    const Status s = copy_by_kernel(to, from, bytes);
    SNAPSHOT_OBSERVE(copy_plain, to, bytes);
    return s;
  }

  // Memory media: the lines of runs, one after the other in from, to the backing range. Reach the medium at
  // the next fence.
  void copy_runs(const u64 *runs, u64 count, const void *from) const {
    verbs->scatter_nt(backing_of(address_of(0)).ptr(), runs, count, from);
#if defined(SNAPSHOT_TESTING)
    for (u64 i = 0; i < count; ++i) {
      const Run run = Run::unpack(runs[i]);
      observe(Verb::copy_nt, backing_of(address_of(run.first)).ptr(), run.count * kLineBytes);
    }
#endif
  }

  // The way back, from the backing range. The same about addresses and bytes.
  [[nodiscard]] Status copy_back(void *to, const void *from, u64 bytes) const {
    if (!is_memory()) return copy_by_kernel(to, from, bytes);
    copy_lines(static_cast<u8 *>(to), static_cast<const u8 *>(from), bytes / kLineBytes);
    return kOk;
  }

  // Memory media: everything that this thread has copied is durable on return.
  void fence() const {
    verbs->fence();
    SNAPSHOT_OBSERVE(fence, nullptr, 0);
  }

  // Everything copied to the data range, a mapping of the file, is durable on return. Reports a failed sync
  // once: the kernel then counts the pages as clean, so the bytes must be copied again before another try.
  Status fence_data(BackingAddr begin, u64 bytes) const;

  // Everything written to the log (through its mapping on memory, through fd otherwise) is durable on return.
  Status fence_log(int fd) const;
};

// Chooses the medium for the file behind fd, which must be open for reading and writing. ENODEV, ENOMEM,
// EINVAL, each with a message naming path.
Status choose_medium(const Settings &settings, int fd, const char *path, Medium *out);

// Makes the file's size, as it is now, durable. begin is the file's first page in the backing range.
Status sync_size(BackingAddr begin);

// Makes every page that overlaps [begin, begin + bytes) of the backing range present and writable, with its
// block on the file system allocated (madvise MADV_POPULATE_WRITE, Linux 5.14): afterwards a store there
// cannot raise SIGBUS for want of space. The range must lie inside the file. ENOSPC, EIO, ENOMEM.
Status prepare_for_writing(const Medium &medium, BackingAddr begin, u64 bytes, int path_fd);

inline constexpr u64 kHugeBytes = u64{2} << 20;

// For what the kernel has been asked to make a huge page: bits of the page map, at the first page.
enum HugePageAsked : u8 { kBackingAsked = 2, kWorkingAsked = 4 };

// Memory media: whether the kHugeBytes from begin on have all been prepared, and this is asked for the first
// time.
bool is_newly_full(BackingAddr begin, HugePageAsked asked);

// What prepare_for_writing does on page-cache media, for whole pages.
Status populate_for_writing(u64 address, u64 bytes, int path_fd);

// What the kernel does not say where a page of a mapped file cannot be had for writing: ENOSPC or EIO.
// path_fd: of any file on the file system.
int why_not_writable(int path_fd);

// Makes every page that overlaps [begin, begin + bytes) of the backing range present: afterwards a load there
// does not raise SIGBUS because the disk fails. The range must lie inside the file. EIO, ENOMEM.
Status prepare_for_reading(BackingAddr begin, u64 bytes);

// Memory media: whether prepare_for_writing has nothing to do. Says no for a range that overlaps more than
// two pages, or, if given by addresses, more than one.
inline bool is_prepared(Run run) {
  const u8 *const pages = page_map();
  if (SNAPSHOT_LIKELY(run.count == 1)) return pages[run.first / kLinesPerPage] != 0;
  return run.count <= kLinesPerPage && pages[run.first / kLinesPerPage] != 0 &&
         pages[(run.end() - 1) / kLinesPerPage] != 0;
}
inline bool is_prepared(BackingAddr begin, u64 bytes) {
  const u64 offset = begin.value - (kWorkingBase + kBackingDistance);
  return offset % kPageBytes + bytes <= kPageBytes && page_map()[offset / kPageBytes] != 0;
}

}  // namespace snapshot
