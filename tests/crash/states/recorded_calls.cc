#include <cerrno>

#include "base/syscall.h"
#include "base/text.h"
#include "recording.h"

namespace states {

using snapshot::sys::as_long;
using snapshot::sys::failed;
using snapshot::sys::kernel_call;

namespace {

RecordedFiles &files = recording.files;
const RecorderOptions &options = recording.options;

}  // namespace

void on_written(u32 file, u64 offset, long result) {
  if (file == files.none || failed(result) || result == 0) return;
  put_stored(file, offset, static_cast<u64>(result));
}

void on_synced(u32 file, u64 offset, u64 count, long result) {
  if (file == files.none || result == -EINTR) return;
  put(failed(result) ? EventKind::sync_failed : EventKind::sync, file, offset, count);
  check(file);
}

namespace {

long on_open(const long *a) {
  const auto *path = reinterpret_cast<const char *>(a[1]);
  const int flags = static_cast<int>(a[2]);
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  if (unnamed && options.no_tmpfile) return -EOPNOTSUPP;
  struct stat st;
  const bool existed =
      !unnamed && !failed(kernel_call(SYS_newfstatat, a[0], as_long(path), as_long(&st), 0, 0, 0));
  const bool cuts = existed && (flags & O_TRUNC) != 0 && st.st_size > 0;
  if (cuts) {  // what was there before it is cut
    const long fd = kernel_call(SYS_openat, a[0], as_long(path), O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (!failed(fd)) (void)number_of(fd, false);
    (void)kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
  }
  const long fd = kernel_call(SYS_openat, a[0], a[1], a[2], a[3], 0, 0);
  const bool created = unnamed || ((flags & O_CREAT) != 0 && !existed);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
  if (failed(fd) || !(created || writes)) return fd;
  const u32 file = number_of(fd, created);
  if (cuts && file != files.none) put(EventKind::resize, file, 0, 0);
  return fd;
}

long on_mmap(long result, const long *a) {
  const u64 begin = static_cast<u64>(result), bytes = static_cast<u64>(a[1]);
  files.unmap(begin, bytes);
  const int type = static_cast<int>(a[3]) & MAP_TYPE;
  if ((type != MAP_SHARED && type != MAP_SHARED_VALIDATE) || (a[3] & MAP_ANONYMOUS) != 0) return result;
  if ((a[2] & PROT_WRITE) == 0) return result;
  const u32 file = number_of(a[4], false);
  if (file != files.none) files.map(begin, bytes, file, static_cast<u64>(a[5]));
  return result;
}

u64 position_of(long fd) { return static_cast<u64>(kernel_call(SYS_lseek, fd, 0, SEEK_CUR, 0, 0, 0)); }

void on_allocated(u32 file, const long *a, long result) {
  if (file == files.none || failed(result)) return;
  const u64 offset = static_cast<u64>(a[2]), bytes = static_cast<u64>(a[3]);
  const int mode = static_cast<int>(a[1]);
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0)
    put(EventKind::punch, file, offset, bytes);
  else if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0)
    cannot_record("a fallocate that moves bytes");
  // Whether it is larger now: the size says so.
  if ((mode & FALLOC_FL_KEEP_SIZE) == 0) put(EventKind::resize, file, 0, size_of(file));
}

long on_fsync(long number, const long *a, long result) {
  const u32 file = files.find_fd(a[0]);
  on_synced(file, 0, 0, result);
  struct stat st;
  char name[4096];
  if (file != files.none || number != SYS_fsync || failed(result)) return result;
  if (failed(kernel_call(SYS_fstat, a[0], as_long(&st), 0, 0, 0, 0)) || !S_ISDIR(st.st_mode)) return result;
  if (path_of(a[0], name)) put(EventKind::sync_directory, 0, 0, 0, name);
  return result;
}

long on_msync(const long *a, long result) {
  u64 offset = 0;
  const u32 file = files.mapped_at(static_cast<u64>(a[0]), &offset);
  // Whole pages, as the kernel does it.
  const u64 bytes = snapshot::round_up(static_cast<u64>(a[1]), snapshot::kPageBytes);
  if ((a[2] & MS_SYNC) != 0) on_synced(file, offset, bytes, result);
  return result;
}

long on_unlink(const long *a) {
  const auto *path = reinterpret_cast<const char *>(a[0]);
  const u32 file = files.find_path(path);
  if (file != files.none) check(file);
  const long result = kernel_call(SYS_unlink, a[0], 0, 0, 0, 0, 0);
  if (file != files.none && !failed(result)) put(EventKind::unlink, file, 0, 0, path);
  return result;
}

// The program's own, by a name that may be relative.
long on_unlinkat(const long *a) {
  char name[4096];
  const u32 file = files.find_at(a[0], reinterpret_cast<const char *>(a[1]));
  if (file != files.none) check(file);
  const bool named = file != files.none && path_of(files[file].fd, name);
  const long result = kernel_call(SYS_unlinkat, a[0], a[1], a[2], 0, 0, 0);
  if (named && !failed(result)) put(EventKind::unlink, file, 0, 0, name);
  return result;
}

long on_rename(long number, long directory, long from, const long *a) {
  char before[4096], after[4096];
  const u32 file = files.find_at(directory, reinterpret_cast<const char *>(from));
  const bool named = file != files.none && path_of(files[file].fd, before);
  const long result = kernel_call(number, a[0], a[1], a[2], a[3], a[4], 0);
  if (!named || failed(result) || !path_of(files[file].fd, after)) return result;
  const u64 bytes = snapshot::length_of(after);
  const u32 name_bytes = static_cast<u32>(snapshot::length_of(before));
  recording.trace.put({EventKind::rename, this_thread_number(), file, name_bytes, 0, 0, bytes}, before,
                      after);
  return result;
}

long on_linked(const long *a) {
  const auto *to = reinterpret_cast<const char *>(a[3]);
  if (options.no_hard_links && (a[4] & AT_SYMLINK_FOLLOW) == 0) return -EPERM;
  const long result = kernel_call(SYS_linkat, a[0], a[1], a[2], a[3], a[4], 0);
  const u32 file = failed(result) ? files.none : files.find_path(to);
  if (file != files.none) put(EventKind::link, file, 0, 0, to);
  return result;
}

}  // namespace

// Everything that is recorded is done with the lock held, so that the order of events is that of the calls.
bool is_recorded(long number) {
  switch (number) {
    case SYS_openat:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mremap:
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_ftruncate:
    case SYS_truncate:
    case SYS_fallocate:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_msync:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_linkat:
      return true;
    default:
      return false;
  }
}

long record_call(long number, const long a[6]) {
  if (number == SYS_openat) return on_open(a);
  if (number == SYS_unlink) return on_unlink(a);
  if (number == SYS_unlinkat) return on_unlinkat(a);
  if (number == SYS_rename) return on_rename(number, AT_FDCWD, a[0], a);
  if (number == SYS_renameat || number == SYS_renameat2) return on_rename(number, a[0], a[1], a);
  if (number == SYS_linkat) return on_linked(a);
  if (number == SYS_fallocate && options.no_fallocate) return -EOPNOTSUPP;
  // By path: the file must be found before it is cut, and is the same afterwards.
  const u32 named =
      number == SYS_truncate ? files.find_path(reinterpret_cast<const char *>(a[0])) : files.none;
  const long result = kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  const u64 done = failed(result) ? 0 : static_cast<u64>(result);
  switch (number) {
    case SYS_mmap:
      return failed(result) ? result : on_mmap(result, a);
    case SYS_munmap:
      if (!failed(result)) files.unmap(static_cast<u64>(a[0]), static_cast<u64>(a[1]));
      return result;
    case SYS_mremap:
      if (!failed(result)) files.unmap(static_cast<u64>(a[0]), static_cast<u64>(a[1]));
      return result;
    case SYS_write:
    case SYS_writev:
      if (files.find_fd(a[0]) != files.none)
        on_written(files.find_fd(a[0]), position_of(a[0]) - done, result);
      return result;
    case SYS_pwrite64:
    case SYS_pwritev:
      on_written(files.find_fd(a[0]), static_cast<u64>(a[3]), result);
      return result;
    case SYS_ftruncate:
      if (const u32 f = files.find_fd(a[0]); f != files.none && !failed(result))
        put(EventKind::resize, f, 0, static_cast<u64>(a[1]));
      return result;
    case SYS_truncate:
      if (named != files.none && !failed(result)) put(EventKind::resize, named, 0, static_cast<u64>(a[1]));
      return result;
    case SYS_fallocate:
      on_allocated(files.find_fd(a[0]), a, result);
      return result;
    case SYS_fsync:
    case SYS_fdatasync:
      return on_fsync(number, a, result);
    case SYS_msync:
      return on_msync(a, result);
    default:
      return result;
  }
}

long record_failure(long number, const long a[6], long error) {
  if (number == SYS_msync) return on_msync(a, error);
  if (number == SYS_fsync || number == SYS_fdatasync) return on_fsync(number, a, error);
  return error;
}

}  // namespace states
