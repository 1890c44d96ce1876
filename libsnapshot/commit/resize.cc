#include "commit/resize.h"

#include "base/syscall.h"
#include "commit/append.h"
#include "commit/working_copy.h"
#include "platform/private_fd.h"
#include "snapshot/abi.h"
#include "track/written_pages.h"

namespace snapshot {
namespace {

// By descriptor path: truncate(2) through the link of an O_PATH descriptor opens nothing, so it neither needs
// the program's descriptor nor drops its POSIX locks.
Status truncate_real(const ManagedFile &file, u64 size) {
  if (file.size_fd < 0) return {EBADF};
  Text<64> path;
  path << "/proc/self/fd/" << file.size_fd;
  return sys::status(sys::call(SYS_truncate, sys::as_long(path.c_str()), static_cast<long>(size)));
}

Status keep_handle(ManagedFile &file, int fd) {
  if (file.size_fd >= 0 || fd < 0) return kOk;
  Text<64> path;
  path << "/proc/self/fd/" << fd;
  const long opened = sys::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (sys::failed(opened)) return sys::status(opened);
  file.size_fd = make_private(static_cast<int>(opened));
  return file.size_fd < 0 ? Status{-file.size_fd} : kOk;
}

Status grow_real(ManagedFile &file, int fd, u64 size) {
  const Status s = sys::status(sys::ftruncate(fd, size));
  if (s.error != EBADF) return s;
  if (const Status kept = keep_handle(file, fd); !kept.ok()) return kept;
  return truncate_real(file, size);
}

// Makes [from, to) of the working copy read as zeros, whatever was there while it was no part of the file.
void clear_working(ManagedFile &file, u64 from, u64 to) {
  u8 *begin = file.base().ptr() + from;
  if (from >= to) return;
  if (!file.unreadable.load(std::memory_order_relaxed) && all_zero(begin, to - from)) return;
  clear_working_bytes(file, begin, to - from);
  __snapshot_mark(begin, to - from);
}

// The same where the file still has other bytes: the next commit must replace them, also by zeros that the
// working copy shows already.
void clear_for_commit(ManagedFile &file, u64 from, u64 to) {
  if (from >= to) return;
  clear_working_bytes(file, file.base().ptr() + from, to - from);
  __snapshot_mark(file.base().ptr() + from, to - from);
}

// The size has shrunk for real: blocks are gone, and the kernel has dropped the pages of a lazy working copy.
void forget_beyond(ManagedFile &file, u64 size) {
  const u64 first = round_up(size, kPageBytes);
  // Anonymous pages do not go with the file: make them what the file will have there if it grows again.
  const u64 from = max_u64(first, file.anonymous_begin);
  if (file.anonymous_end > from &&
      sys::failed(sys::madvise(file.base().value + from, file.anonymous_end - from, MADV_DONTNEED)))
    clear_working_bytes(file, file.base().ptr() + from, file.anonymous_end - from);
  const u64 window_page = (file.base().value - kWorkingBase) / kPageBytes;
  forget_pages(window_page + first / kPageBytes, window_page + file.window().bytes() / kPageBytes);
}

// The part that the program has just added reads as zeros, so its working copy needs no page of the file. On
// tmpfs such a page is a block, and a full disk would be a SIGBUS at the program's first access.
void add_anonymous_part(ManagedFile &file, u64 size) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 old_end = round_up(file.file_size, kPageBytes), to = round_up(size, kPageBytes);
  const bool none = file.anonymous_begin == file.anonymous_end;
  // Larger behind our back: what lies between is the file's.
  if (!none && file.anonymous_end < old_end) return;
  // A part that begins later was added before the file shrank; what lies before it was cut off, too.
  const u64 from = none || file.anonymous_begin > old_end ? old_end : file.anonymous_end;
  if (from >= to) return;
  const long result = sys::mmap(file.base().value + from, to - from, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (sys::failed(result)) return;
  (void)sys::madvise(file.base().value + from, to - from, MADV_HUGEPAGE);
  if (file.track_pages) watch_new_mapping(file.base().value + from, file.base().value + to, false);
  if (none || from < file.anonymous_begin) file.anonymous_begin = from;
  // Not what lay further up before the file was cut: between it and here may be pages of the file.
  file.anonymous_end = to;
}

// Allocated holes take memory on tmpfs: a very sparse file is meant to be one.
constexpr u64 kAllocateMax = u64{256} << 20;

// The same of what has just been added, for a descriptor with O_PATH, which cannot be told to allocate.
Status allocate_new_part(const ManagedFile &file, int fd, u64 size) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 from = round_down(file.file_size, kPageBytes);
  const u64 address = backing_of(file.base()).value + from;
  const Status s = populate_for_writing(address, round_up(size, kPageBytes) - from, fd);
  if (!s.ok()) (void)truncate_real(file, file.file_size);
  return s;
}

// After a failure the first page may have lost what was copied there since the last checkpoint.
Status sync_own_size(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  const Status s = sync_size(backing_of(file.base()));
  if (!s.ok()) note_failed_sync(file);
  return s;
}

// The rest of the page in which the file ends, or ended, is looked at below, in a lazy working copy perhaps
// for the first time: a disk that cannot be read any more is to be an error, no signal.
Status prepare_last_page(const ManagedFile &file, u64 end) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (end % kPageBytes == 0 || file.medium.is_memory() || file.reading_allocates) return kOk;
  return prepare_for_reading(backing_of(WorkingAddr{file.base().value + end}), 1);
}

}  // namespace

Status allocate_lazy_part(const ManagedFile &file, int fd, u64 size) {
  const u64 end = round_up(size, kPageBytes);
  struct stat st;
  if (!file.reading_allocates || end <= file.anonymous_end) return kOk;
  if (Status s = sys::status(sys::fstat(fd, &st)); !s.ok()) return s;
  const u64 allocated = static_cast<u64>(st.st_blocks) * 512;
  if (allocated >= end || allocated + kAllocateMax < end) return kOk;
  const u64 from = file.anonymous_begin == 0 ? file.anonymous_end : 0;
  long result;
  do result = sys::fallocate(fd, FALLOC_FL_KEEP_SIZE, from, end - from);
  while (result == -EINTR);
  return sys::status(result);
}

Status show_growth(ManagedFile &file, int fd, u64 size) {
  const u64 from = round_up(file.file_size, kPageBytes), bytes = file.window().bytes();
  if (size <= file.file_size || from >= bytes) return kOk;
  const long result = sys::mmap(file.base().value + from, bytes - from, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, fd, from);
  if (sys::failed(result)) return sys::status(result);
  if (file.track_pages) watch_new_mapping(file.base().value + from, file.base().value + bytes, false);
  file.anonymous_end = min_u64(file.anonymous_end, from);
  if (file.anonymous_begin >= file.anonymous_end) file.anonymous_begin = file.anonymous_end = 0;
  return kOk;
}

void note_growth(ManagedFile &file, int fd, u64 size) {
  if (size <= file.file_size) return;
  (void)keep_handle(file, fd);  // is asked for again where it is needed
  // Up to the old real end lie the old bytes of a shrink that waits for its commit; after it, in the rest of
  // its page, what the program stored there through the mapping.
  const u64 seen = file.size.load(std::memory_order_relaxed);
  clear_for_commit(file, seen, file.file_size);
  clear_working(file, max_u64(seen, file.file_size), round_up(file.file_size, kPageBytes));
  file.file_size = size;
  file.size.store(size, std::memory_order_release);
}

Status resize(ManagedFile &file, int fd, u64 size) {
  const u64 old_size = file.size.load(std::memory_order_relaxed);
  if (size > file.window().bytes()) {
    Message m;
    m << file.path.c_str() << ": cannot grow to " << size << " bytes while it is mapped: its window has "
      << file.window().bytes() << "; unmap it, grow it, and map it again";
    return fail(EFBIG, m);
  }
  if (size == old_size) return kOk;
  if (Status s = prepare_last_page(file, min_u64(size, file.file_size)); !s.ok()) return s;
  if (size > file.file_size) {
    if (!file.size_synced)
      if (Status s = sync_own_size(file); !s.ok()) return s;
    file.size_synced = true;
    add_anonymous_part(file, size);
    const Status allocated = allocate_lazy_part(file, fd, size);
    if (!allocated.ok() && allocated.error != EBADF) return allocated;
    if (Status s = grow_real(file, fd, size); !s.ok()) return s;
    if (!allocated.ok())
      if (Status s = allocate_new_part(file, fd, size); !s.ok()) return s;
    note_growth(file, fd, size);
  } else if (size > old_size) {
    clear_for_commit(file, old_size, size);
    clear_working(file, size, round_up(size, kPageBytes));
    file.size.store(size, std::memory_order_release);
  } else {
    (void)keep_handle(file, fd);  // the next commit cuts the file by it, if it can
    // The rest of the last page reads as zeros (mmap, "remaining bytes"). Marked, because the file may grow
    // again before the commit; the commit drops marks beyond the end.
    clear_working(file, size, round_up(size, kPageBytes));
    file.size.store(size, std::memory_order_release);
  }
  return kOk;
}

void apply_committed_size(ManagedFile &file) {
  if (file.file_size <= file.committed_size) return;
  if (!truncate_real(file, file.committed_size).ok()) return;
  // Before the file can grow again: recovery takes a later commit for complete by its lines alone, and the
  // bytes that this cut off would be back.
  file.size_synced = sync_own_size(file).ok();
  forget_beyond(file, file.committed_size);
  file.file_size = file.committed_size;
}

}  // namespace snapshot
