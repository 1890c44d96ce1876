// read, write and their relatives. On a managed file they work on the working copy, so that a program that
// mixes them with the mapping sees one file (POSIX, mmap: "coherent"), and what they write is committed like
// a store. On any other file they are libc's; kernel writes into a managed buffer are tracked either way.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/managed_io.h"
#include "api/range.h"
#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"
#include "interpose/written.h"

extern "C" [[noreturn]] void __chk_fail();

using namespace snapshot;

namespace {

constexpr i64 kAtPosition = -1;

template <typename Real, typename... Arguments>
long real_or_kernel(Real real, long number, Arguments... arguments) {
  if (SNAPSHOT_LIKELY(real != nullptr)) return real(arguments...);
  return edge(sys::call(number, (long)arguments...));
}

// The bytes that the kernel put into the vector, from the front.
void written_vector(const iovec *vector, int count, long bytes) {
  for (int i = 0; i < count && bytes > 0; ++i) {
    const u64 here = min_u64(vector[i].iov_len, static_cast<u64>(bytes));
    written(vector[i].iov_base, here);
    bytes -= static_cast<long>(here);
  }
}

// After a read of n bytes: shows the working copy's bytes instead of the file's.
long after_read(int fd, const iovec *vector, int count, i64 offset, long n) {
  if (n <= 0) return n;
  if (SNAPSHOT_UNLIKELY(any_managed())) {
    RegisteredFile *file;
    if (Status s = file_by_fd(fd, &file); !s.ok()) {
      written_vector(vector, count, n);  // the kernel has stored all the same
      return edge(s);
    }
    if (file != nullptr) {
      const int saved = errno;
      n = overlay_working_copy(*file, fd, vector, count, offset, n);
      errno = saved;
    }
  }
  written_vector(vector, count, n);
  return n;
}

// offset kAtPosition: at the descriptor's position. also: flags of open(2) that this call has as well. *out
// is what the call returns; false: not a managed file.
bool wrote_managed(int fd, const iovec *vector, int count, i64 offset, long *out, int also = 0) {
  if (SNAPSHOT_LIKELY(!any_managed())) return false;
  RegisteredFile *file;
  long n = 0;
  Status s = file_by_fd(fd, &file);
  if (s.ok() && file == nullptr) return false;
  if (s.ok()) s = write_working_copy(*file, fd, vector, count, offset, &n, also);
  if (s.error == ESTALE) return false;  // closed by another thread since
  *out = s.ok() ? n : edge(s);
  return true;
}

bool valid_vector(const iovec *vector, int count) {
  return vector != nullptr && count > 0 && count <= IOV_MAX;
}

// pwritev2. What a flag asks for beyond these is refused, as by a file system that does not have it.
bool wrote_with_flags(int fd, const iovec *vector, int count, i64 offset, int flags, long *out) {
  RegisteredFile *file;
  if (!valid_vector(vector, count) || offset < kAtPosition || !any_managed()) return false;
  const int also =
      ((flags & RWF_APPEND) != 0 ? O_APPEND : 0) | ((flags & (RWF_DSYNC | RWF_SYNC)) != 0 ? O_DSYNC : 0);
  if ((flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND)) == 0)
    return wrote_managed(fd, vector, count, offset, out, also);
  if (!file_by_fd(fd, &file).ok() || file == nullptr) return false;
  *out = edge(Status{EOPNOTSUPP});
  return true;
}

int commit_or(int fd, int (*real)(int), long number) {
  if (SNAPSHOT_UNLIKELY(any_managed())) {
    RegisteredFile *file;
    if (Status s = file_by_fd(fd, &file); !s.ok()) return static_cast<int>(edge(s));
    if (file != nullptr)
      if (Status s = commit_whole(*file); s.error != EINVAL) return static_cast<int>(edge(s));
  }
  return static_cast<int>(real_or_kernel(real, number, fd));
}

}  // namespace

SNAPSHOT_EXPORT ssize_t read(int fd, void *buffer, size_t n) {
  const iovec v{buffer, n};
  return after_read(fd, &v, 1, kAtPosition, real_or_kernel(SNAPSHOT_REAL(read), SYS_read, fd, buffer, n));
}
SNAPSHOT_EXPORT ssize_t pread(int fd, void *buffer, size_t n, off_t offset) {
  const iovec v{buffer, n};
  return after_read(fd, &v, 1, offset,
                    real_or_kernel(SNAPSHOT_REAL(pread), SYS_pread64, fd, buffer, n, offset));
}
SNAPSHOT_EXPORT ssize_t pread64(int fd, void *buffer, size_t n, off64_t offset) {
  const iovec v{buffer, n};
  return after_read(fd, &v, 1, offset,
                    real_or_kernel(SNAPSHOT_REAL(pread64), SYS_pread64, fd, buffer, n, offset));
}
SNAPSHOT_EXPORT ssize_t readv(int fd, const iovec *vector, int count) {
  const long n = real_or_kernel(SNAPSHOT_REAL(readv), SYS_readv, fd, vector, count);
  return after_read(fd, vector, count, kAtPosition, n);
}
SNAPSHOT_EXPORT ssize_t preadv(int fd, const iovec *vector, int count, off_t offset) {
  const long n = real_or_kernel(SNAPSHOT_REAL(preadv), SYS_preadv, fd, vector, count, offset);
  return after_read(fd, vector, count, offset, n);
}
SNAPSHOT_EXPORT ssize_t preadv64(int fd, const iovec *vector, int count, off64_t offset) {
  const long n = real_or_kernel(SNAPSHOT_REAL(preadv64), SYS_preadv, fd, vector, count, offset);
  return after_read(fd, vector, count, offset, n);
}

SNAPSHOT_EXPORT ssize_t preadv2(int fd, const iovec *vector, int count, off_t offset, int flags) {
  const long n = SNAPSHOT_REAL(preadv2)(fd, vector, count, offset, flags);
  return after_read(fd, vector, count, offset, n);
}
SNAPSHOT_EXPORT ssize_t preadv64v2(int fd, const iovec *vector, int count, off64_t offset, int flags) {
  const long n = SNAPSHOT_REAL(preadv64v2)(fd, vector, count, offset, flags);
  return after_read(fd, vector, count, offset, n);
}
SNAPSHOT_EXPORT ssize_t __read(int fd, void *buffer, size_t n) { return read(fd, buffer, n); }
SNAPSHOT_EXPORT ssize_t __pread64(int fd, void *buffer, size_t n, off64_t offset) {
  return pread64(fd, buffer, n, offset);
}
// Fortified: too long is libc's to report.
SNAPSHOT_EXPORT ssize_t __read_chk(int fd, void *buffer, size_t n, size_t size) {
  if (SNAPSHOT_UNLIKELY(n > size)) __chk_fail();
  return read(fd, buffer, n);
}
SNAPSHOT_EXPORT ssize_t __pread_chk(int fd, void *buffer, size_t n, off_t offset, size_t size) {
  if (SNAPSHOT_UNLIKELY(n > size)) __chk_fail();
  return pread(fd, buffer, n, offset);
}
SNAPSHOT_EXPORT ssize_t __pread64_chk(int fd, void *buffer, size_t n, off64_t offset, size_t size) {
  if (SNAPSHOT_UNLIKELY(n > size)) __chk_fail();
  return pread64(fd, buffer, n, offset);
}

SNAPSHOT_EXPORT ssize_t write(int fd, const void *buffer, size_t n) {
  const iovec v{const_cast<void *>(buffer), n};
  long result;
  if (wrote_managed(fd, &v, 1, kAtPosition, &result)) return result;
  return real_or_kernel(SNAPSHOT_REAL(write), SYS_write, fd, buffer, n);
}
SNAPSHOT_EXPORT ssize_t pwrite(int fd, const void *buffer, size_t n, off_t offset) {
  const iovec v{const_cast<void *>(buffer), n};
  long result;
  if (offset >= 0 && wrote_managed(fd, &v, 1, offset, &result)) return result;
  return real_or_kernel(SNAPSHOT_REAL(pwrite), SYS_pwrite64, fd, buffer, n, offset);
}
SNAPSHOT_EXPORT ssize_t pwrite64(int fd, const void *buffer, size_t n, off64_t offset) {
  const iovec v{const_cast<void *>(buffer), n};
  long result;
  if (offset >= 0 && wrote_managed(fd, &v, 1, offset, &result)) return result;
  return real_or_kernel(SNAPSHOT_REAL(pwrite64), SYS_pwrite64, fd, buffer, n, offset);
}
SNAPSHOT_EXPORT ssize_t writev(int fd, const iovec *vector, int count) {
  long result;
  if (valid_vector(vector, count) && wrote_managed(fd, vector, count, kAtPosition, &result)) return result;
  return real_or_kernel(SNAPSHOT_REAL(writev), SYS_writev, fd, vector, count);
}
SNAPSHOT_EXPORT ssize_t pwritev(int fd, const iovec *vector, int count, off_t offset) {
  long result;
  if (offset >= 0 && valid_vector(vector, count) && wrote_managed(fd, vector, count, offset, &result))
    return result;
  return real_or_kernel(SNAPSHOT_REAL(pwritev), SYS_pwritev, fd, vector, count, offset);
}
SNAPSHOT_EXPORT ssize_t pwritev64(int fd, const iovec *vector, int count, off64_t offset) {
  long result;
  if (offset >= 0 && valid_vector(vector, count) && wrote_managed(fd, vector, count, offset, &result))
    return result;
  return real_or_kernel(SNAPSHOT_REAL(pwritev64), SYS_pwritev, fd, vector, count, offset);
}

SNAPSHOT_EXPORT ssize_t pwritev2(int fd, const iovec *vector, int count, off_t offset, int flags) {
  long result;
  if (wrote_with_flags(fd, vector, count, offset, flags, &result)) return result;
  return SNAPSHOT_REAL(pwritev2)(fd, vector, count, offset, flags);
}
SNAPSHOT_EXPORT ssize_t pwritev64v2(int fd, const iovec *vector, int count, off64_t offset, int flags) {
  long result;
  if (wrote_with_flags(fd, vector, count, offset, flags, &result)) return result;
  return SNAPSHOT_REAL(pwritev64v2)(fd, vector, count, offset, flags);
}

SNAPSHOT_EXPORT int fsync(int fd) { return commit_or(fd, SNAPSHOT_REAL(fsync), SYS_fsync); }
SNAPSHOT_EXPORT int fdatasync(int fd) { return commit_or(fd, SNAPSHOT_REAL(fdatasync), SYS_fdatasync); }
