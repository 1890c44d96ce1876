// Calls that change or report a file's size. For a managed file the size is part of what is committed
// (commit/resize.h).
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "api/managed_io.h"
#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"
#include "interpose/written.h"

using namespace snapshot;

namespace {

int resize_or_kernel(int fd, off_t size) {
  if (size >= 0 && SNAPSHOT_UNLIKELY(any_managed())) {
    RegisteredFile *file;
    if (Status s = file_by_fd(fd, &file); !s.ok()) return static_cast<int>(edge(s));
    if (file != nullptr) {
      const long flags = sys::fcntl(fd, F_GETFL);
      const bool writable = !sys::failed(flags) && (flags & O_ACCMODE) != O_RDONLY;
      if (writable)
        if (Status s = resize_managed(*file, fd, static_cast<u64>(size)); s.error != ESTALE)
          return static_cast<int>(edge(s));
    }
  }
  return static_cast<int>(edge(sys::ftruncate(fd, static_cast<u64>(size))));
}

// O_PATH: the program keeps its POSIX locks on the file when such a descriptor is closed.
Status resize_by_path(RegisteredFile &file, const char *path, u64 size) {
  const long allowed = sys::call(SYS_faccessat2, AT_FDCWD, sys::as_long(path), W_OK, AT_EACCESS);
  if (sys::failed(allowed)) return sys::status(allowed);
  const long fd = sys::open(path, O_PATH | O_CLOEXEC);
  if (sys::failed(fd)) return sys::status(fd);
  const Status s = resize_managed(file, static_cast<int>(fd), size);
  (void)sys::close(static_cast<int>(fd));
  return s;
}

int truncate_or_kernel(const char *path, off_t size) {
  if (size >= 0 && SNAPSHOT_UNLIKELY(any_managed())) {
    struct stat st;
    if (const long found = sys::newfstatat(AT_FDCWD, path, &st, 0); sys::failed(found))
      return static_cast<int>(edge(found));
    if (RegisteredFile *file = file_by_key({st.st_dev, st.st_ino}); file != nullptr) {
      const Status s = resize_by_path(*file, path, static_cast<u64>(size));
      if (s.error != ESTALE) return static_cast<int>(edge(s));
    }
  }
  return static_cast<int>(edge(sys::call(SYS_truncate, sys::as_long(path), size)));
}

int allocate_or_kernel(int fd, int mode, off_t offset, off_t length) {
  if (offset >= 0 && length > 0 && SNAPSHOT_UNLIKELY(any_managed())) {
    RegisteredFile *file;
    if (Status s = file_by_fd(fd, &file); !s.ok()) return s.error;
    if (file != nullptr) {
      const Status s = allocate_managed(*file, fd, mode, static_cast<u64>(offset), static_cast<u64>(length));
      if (s.error != ESTALE) return s.error;
    }
  }
  const long result = sys::fallocate(fd, mode, static_cast<u64>(offset), static_cast<u64>(length));
  return sys::failed(result) ? static_cast<int>(-result) : 0;
}

off_t seek(int fd, off_t offset, int whence) {
  u64 size;
  if (whence == SEEK_END && SNAPSHOT_UNLIKELY(any_managed())) {
    RegisteredFile *file;
    if (Status s = file_by_fd(fd, &file); !s.ok()) return edge(s);
    if (file != nullptr && seen_size_differs(*file, &size))
      return edge(sys::lseek(fd, static_cast<off_t>(size) + offset, SEEK_SET));
  }
  return edge(sys::lseek(fd, offset, whence));
}

bool is_managed_path(int directory, const char *path) {
  struct stat st;
  return any_managed() && !sys::failed(sys::newfstatat(directory, path, &st, 0)) &&
         file_by_key({st.st_dev, st.st_ino}) != nullptr;
}

// O_TRUNC would take the bytes of a managed file away behind our back, or those that recovery has to put
// back: first recover, then cut the file like ftruncate.
int open_or_kernel(int directory, const char *path, int flags, mode_t mode) {
  const bool writable = (flags & O_ACCMODE) != O_RDONLY;
  const bool cut_later =
      (flags & O_TRUNC) != 0 && writable && (has_log(directory, path) || is_managed_path(directory, path));
  const long opened = sys::openat(directory, path, cut_later ? flags & ~O_TRUNC : flags, mode);
  if (sys::failed(opened) || !writable) return static_cast<int>(edge(opened));
  const int fd = static_cast<int>(opened);
  const bool may_be_mapped = (flags & O_ACCMODE) == O_RDWR;
  Status s = may_be_mapped || cut_later ? recover_at_open(fd) : kOk;
  if (s.ok() && cut_later && resize_or_kernel(fd, 0) != 0) s = {errno};
  if (s.ok()) return fd;
  (void)sys::close(fd);
  return static_cast<int>(edge(s));
}

// The flags of open(2) for a mode of fopen that writes.
int flags_of_mode(const char *mode) {
  int flags = mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT | O_APPEND : 0;
  int access = O_WRONLY;
  for (const char *c = mode + 1; *c != 0 && *c != ','; ++c) {
    if (*c == '+') access = O_RDWR;
    if (*c == 'e') flags |= O_CLOEXEC;
    if (*c == 'x') flags |= O_EXCL;
  }
  return flags | access;
}

// libc's fopen, and with it every std::ofstream, opens and truncates by a system call of its own.
FILE *open_stream(const char *path, const char *mode, FILE *(*real)(const char *, const char *)) {
  const int flags = flags_of_mode(mode);
  const bool reads_only = mode[0] == 'r' && (flags & O_ACCMODE) != O_RDWR;
  if (reads_only || (!has_log(AT_FDCWD, path) && !is_managed_path(AT_FDCWD, path))) return real(path, mode);
  const int fd = open_or_kernel(AT_FDCWD, path, flags, 0666);
  if (fd < 0) return nullptr;
  FILE *stream = SNAPSHOT_REAL(fdopen)(fd, mode);
  if (stream == nullptr) (void)sys::close(fd);
  return stream;
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

template <typename Stat>
int after_stat(int result, Stat *st) {
  u64 size;
  if (result == 0 && SNAPSHOT_UNLIKELY(any_managed()))
    if (RegisteredFile *file = file_by_key({st->st_dev, st->st_ino});
        file != nullptr && seen_size_differs(*file, &size))
      st->st_size = static_cast<off_t>(size);
  if (result == 0) written_object(st);
  return result;
}

int stat_at(int directory, const char *path, struct stat *st, int flags) {
  return after_stat(static_cast<int>(edge(sys::newfstatat(directory, path, st, flags))), st);
}

int stat_fd(int fd, struct stat *st) { return after_stat(static_cast<int>(edge(sys::fstat(fd, st))), st); }

}  // namespace

SNAPSHOT_EXPORT int ftruncate(int fd, off_t size) noexcept { return resize_or_kernel(fd, size); }
SNAPSHOT_EXPORT int ftruncate64(int fd, off64_t size) noexcept { return resize_or_kernel(fd, size); }
SNAPSHOT_EXPORT int truncate(const char *path, off_t size) noexcept { return truncate_or_kernel(path, size); }
SNAPSHOT_EXPORT int truncate64(const char *path, off64_t size) noexcept {
  return truncate_or_kernel(path, size);
}

SNAPSHOT_EXPORT int fallocate(int fd, int mode, off_t offset, off_t length) {
  return static_cast<int>(edge(Status{allocate_or_kernel(fd, mode, offset, length)}));
}
SNAPSHOT_EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return static_cast<int>(edge(Status{allocate_or_kernel(fd, mode, offset, length)}));
}
SNAPSHOT_EXPORT int posix_fallocate(int fd, off_t offset, off_t length) {
  return allocate_or_kernel(fd, 0, offset, length);
}
SNAPSHOT_EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return allocate_or_kernel(fd, 0, offset, length);
}

SNAPSHOT_EXPORT off_t lseek(int fd, off_t offset, int whence) noexcept { return seek(fd, offset, whence); }
SNAPSHOT_EXPORT off64_t lseek64(int fd, off64_t offset, int whence) noexcept {
  return seek(fd, offset, whence);
}

SNAPSHOT_EXPORT int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_or_kernel(AT_FDCWD, path, flags, mode);
}
SNAPSHOT_EXPORT int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_or_kernel(AT_FDCWD, path, flags, mode);
}
SNAPSHOT_EXPORT int openat(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_or_kernel(directory, path, flags, mode);
}
SNAPSHOT_EXPORT int openat64(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_or_kernel(directory, path, flags, mode);
}
SNAPSHOT_EXPORT int creat(const char *path, mode_t mode) {
  return open_or_kernel(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
SNAPSHOT_EXPORT int creat64(const char *path, mode_t mode) {
  return open_or_kernel(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

SNAPSHOT_EXPORT FILE *fopen(const char *path, const char *mode) {
  return open_stream(path, mode, SNAPSHOT_REAL(fopen));
}
SNAPSHOT_EXPORT FILE *fopen64(const char *path, const char *mode) {
  return open_stream(path, mode, SNAPSHOT_REAL(fopen64));
}

SNAPSHOT_EXPORT int fstat(int fd, struct stat *st) noexcept { return stat_fd(fd, st); }
SNAPSHOT_EXPORT int stat(const char *path, struct stat *st) noexcept {
  return stat_at(AT_FDCWD, path, st, 0);
}
SNAPSHOT_EXPORT int lstat(const char *path, struct stat *st) noexcept {
  return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
SNAPSHOT_EXPORT int fstatat(int directory, const char *path, struct stat *st, int flags) noexcept {
  return stat_at(directory, path, st, flags);
}

// struct stat64 is struct stat on x86-64; so are the versioned entry points of programs built before
// glibc 2.33.
static_assert(sizeof(struct stat) == sizeof(struct stat64));
SNAPSHOT_EXPORT int fstat64(int fd, struct stat64 *st) noexcept {
  return stat_fd(fd, reinterpret_cast<struct stat *>(st));
}
SNAPSHOT_EXPORT int stat64(const char *path, struct stat64 *st) noexcept {
  return stat_at(AT_FDCWD, path, reinterpret_cast<struct stat *>(st), 0);
}
SNAPSHOT_EXPORT int lstat64(const char *path, struct stat64 *st) noexcept {
  return stat_at(AT_FDCWD, path, reinterpret_cast<struct stat *>(st), AT_SYMLINK_NOFOLLOW);
}
SNAPSHOT_EXPORT int fstatat64(int directory, const char *path, struct stat64 *st, int flags) noexcept {
  return stat_at(directory, path, reinterpret_cast<struct stat *>(st), flags);
}
SNAPSHOT_EXPORT int __fxstat(int, int fd, struct stat *st) noexcept { return stat_fd(fd, st); }
SNAPSHOT_EXPORT int __fxstat64(int, int fd, struct stat *st) noexcept { return stat_fd(fd, st); }
SNAPSHOT_EXPORT int __xstat(int, const char *path, struct stat *st) noexcept {
  return stat_at(AT_FDCWD, path, st, 0);
}
SNAPSHOT_EXPORT int __xstat64(int, const char *path, struct stat *st) noexcept {
  return stat_at(AT_FDCWD, path, st, 0);
}
SNAPSHOT_EXPORT int __lxstat(int, const char *path, struct stat *st) noexcept {
  return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
SNAPSHOT_EXPORT int __lxstat64(int, const char *path, struct stat *st) noexcept {
  return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}
SNAPSHOT_EXPORT int __fxstatat(int, int directory, const char *path, struct stat *st, int flags) noexcept {
  return stat_at(directory, path, st, flags);
}
SNAPSHOT_EXPORT int __fxstatat64(int, int directory, const char *path, struct stat *st, int flags) noexcept {
  return stat_at(directory, path, st, flags);
}

SNAPSHOT_EXPORT int statx(int directory, const char *path, int flags, unsigned mask,
                          struct statx *st) noexcept {
  const long result = sys::statx(directory, path, flags, mask | STATX_INO, st);
  u64 size;
  if (result == 0 && SNAPSHOT_UNLIKELY(any_managed())) {
    const u64 device = makedev(st->stx_dev_major, st->stx_dev_minor);
    if (RegisteredFile *file = file_by_key({device, st->stx_ino});
        file != nullptr && seen_size_differs(*file, &size))
      st->stx_size = size;
  }
  if (result == 0) written_object(st);
  return static_cast<int>(edge(result));
}
