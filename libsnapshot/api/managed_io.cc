#include "api/managed_io.h"

#include "api/range.h"
#include "base/syscall.h"
#include "commit/commit.h"
#include "commit/resize.h"
#include "commit/working_copy.h"
#include "snapshot/abi.h"

namespace snapshot {
namespace {

bool is_open(const RegisteredFile &file) {
  return file.state.load(std::memory_order_acquire) == FileState::open;
}

u64 seen_size(const RegisteredFile &file) { return file.size.load(std::memory_order_acquire); }

// As lock_for_commit, but without words about a file that was closed meanwhile.
Status lock_to_write(RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  const Status s = lock_for_commit(file);
  return s.error == EINVAL ? Status{ESTALE} : s;
}

u64 total_of(const iovec *vector, int count) {
  u64 n = 0;
  for (int i = 0; i < count; ++i) n += vector[i].iov_len;
  return n;
}

// A file that is not mapped can grow beyond its window: it is not managed any more then (ESTALE).
Status leave_window(RegisteredFile &file, u64 end) {
  bool closed = false;
  if (SNAPSHOT_LIKELY(!any_kept()) || end <= file.window().bytes()) return kOk;
  const Status s = leave_kept(file, end, &closed);
  return closed ? Status{ESTALE} : s;
}

Status check_room(const RegisteredFile &file, u64 begin, u64 bytes) {
  const u64 room = file.window().bytes();
  if (begin <= room && bytes <= room - begin) return kOk;
  Message m;
  m << file.path.c_str() << ": cannot be written beyond byte " << room
    << " while it is mapped; unmap it, or map the larger file";
  return fail(EFBIG, m);
}

// With the file locked: where the bytes go, and room for them.
Status prepare_write(RegisteredFile &file, int fd, int flags, i64 offset, u64 bytes,
                     u64 *begin) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if ((flags & O_APPEND) != 0) {
    *begin = seen_size(file);
  } else if (offset >= 0) {
    *begin = static_cast<u64>(offset);
  } else {
    const long position = sys::lseek(fd, 0, SEEK_CUR);
    if (sys::failed(position)) return sys::status(position);
    *begin = static_cast<u64>(position);
  }
  if (Status s = check_room(file, *begin, bytes); !s.ok()) return s;
  const u64 old_size = seen_size(file);
  if (*begin + bytes <= old_size) return kOk;
  if (Status s = resize(file, fd, *begin + bytes); !s.ok()) return s;
  // write(2) reports a full disk itself, not the sync after it; and then the file is as long as before.
  const Status s =
      prepare_for_writing(file.medium, backing_of({file.base().value + *begin}), bytes, file.log.fd);
  if (!s.ok()) (void)resize(file, fd, old_size);
  return s;
}

void store_vector(RegisteredFile &file, const iovec *vector, int count, u64 begin) {
  u8 *to = file.base().ptr() + begin;
  u8 *const first = to;
  for (int i = 0; i < count; ++i) {
    write_working(file, to, static_cast<const u8 *>(vector[i].iov_base), vector[i].iov_len);
    to += vector[i].iov_len;
  }
  __snapshot_mark(first, static_cast<u64>(to - first));
}

// What of [offset, end) the file has becomes zeros, with the file locked.
void clear_bytes(RegisteredFile &file, u64 offset, u64 end) {
  end = min_u64(end, seen_size(file));
  if (offset >= end) return;
  clear_working_bytes(file, file.base().ptr() + offset, end - offset);
  __snapshot_mark(file.base().ptr() + offset, end - offset);
}

}  // namespace

long overlay_working_copy(RegisteredFile &file, int fd, const iovec *vector, int count, i64 offset, long n) {
  MappingsReader lock(file);
  if (!is_open(file)) return n;
  u64 begin = static_cast<u64>(offset);
  if (offset < 0) {
    const long position = sys::lseek(fd, 0, SEEK_CUR);
    if (sys::failed(position)) return n;
    begin = static_cast<u64>(position - n);
  }
  const u64 size = seen_size(file);
  const u64 read = static_cast<u64>(n);
  const u64 visible = begin >= size ? 0 : min_u64(read, size - begin);
  // A file that another process has made longer than we know keeps its own bytes there.
  const u64 ours =
      size < file.window().bytes() && visible < read && !seen_size_differs(file, nullptr) ? read : visible;
  u64 left = min_u64(visible, ours);
  const u8 *from = file.base().ptr() + begin;
  for (int i = 0; i < count && left > 0; ++i) {
    const u64 here = min_u64(left, vector[i].iov_len);
    read_working(file, static_cast<u8 *>(vector[i].iov_base), from, here);
    from += here, left -= here;
  }
  if (ours < read && offset < 0) (void)sys::lseek(fd, static_cast<long>(begin + ours), SEEK_SET);
  return static_cast<long>(ours);
}

Status write_working_copy(RegisteredFile &file, int fd, const iovec *vector, int count, i64 offset,
                          long *written, int also) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  long flags = sys::fcntl(fd, F_GETFL);
  if (sys::failed(flags) || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0) return {EBADF};
  flags |= also;
  const u64 bytes = total_of(vector, count);
  *written = static_cast<long>(bytes);
  if (bytes == 0) return kOk;
  if (bytes > static_cast<u64>(INT64_MAX)) return {EINVAL};
  if (SNAPSHOT_UNLIKELY(any_kept())) {
    const long at = (flags & O_APPEND) != 0 ? static_cast<long>(seen_size(file))
                    : offset >= 0           ? offset
                                            : sys::lseek(fd, 0, SEEK_CUR);
    if (Status s = leave_window(file, static_cast<u64>(at) + bytes); !s.ok()) return s;
  }
  // The lock makes position, growth and copy one step for other writers, as POSIX asks of write.
  if (Status s = lock_to_write(file); !s.ok()) return s;
  u64 begin = 0;
  Status s = prepare_write(file, fd, static_cast<int>(flags), offset, bytes, &begin);
  if (s.ok()) {
    store_vector(file, vector, count, begin);
    if (offset < 0) (void)sys::lseek(fd, static_cast<long>(begin + bytes), SEEK_SET);
    if ((flags & (O_SYNC | O_DSYNC)) != 0) s = commit(file, whole_file(file));
  }
  file.commit_lock.unlock();
  return s;
}

Status resize_managed(RegisteredFile &file, int fd, u64 size) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if (Status s = leave_window(file, size); !s.ok()) return s;
  if (Status s = lock_to_write(file); !s.ok()) return s;
  const Status s = resize(file, fd, size);
  file.commit_lock.unlock();
  return s;
}

Status allocate_managed(RegisteredFile &file, int fd, int mode, u64 offset,
                        u64 length) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  const bool zeroes = (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0;
  if (!zeroes && (mode & ~FALLOC_FL_KEEP_SIZE) != 0) return {EOPNOTSUPP};
  if (Status s = leave_window(file, offset + length); !s.ok()) return s;
  if (Status s = lock_to_write(file); !s.ok()) return s;
  const u64 end = offset + length;
  Status s = check_room(file, offset, length);
  // The blocks first, and the size when they are there.
  if (s.ok() && !zeroes) s = sys::status(sys::fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, offset, length));
  if (s.ok() && (mode & FALLOC_FL_KEEP_SIZE) == 0 && end > seen_size(file)) s = resize(file, fd, end);
  if (s.ok() && zeroes) clear_bytes(file, offset, end);
  file.commit_lock.unlock();
  return s;
}

Status clear_managed(RegisteredFile &file, u64 offset, u64 end) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if (Status s = lock_to_write(file); !s.ok()) return s;
  clear_bytes(file, offset, end);
  file.commit_lock.unlock();
  return kOk;
}

bool seen_size_differs(RegisteredFile &file, u64 *size) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  // A hint read without the lock: whoever shrinks the file in another thread at this moment may be seen or
  // not.
  const u64 seen = seen_size(file);
  if (!is_open(file) || seen >= __atomic_load_n(&file.file_size, __ATOMIC_RELAXED)) return false;
  if (size != nullptr) *size = seen;
  return true;
}

}  // namespace snapshot
