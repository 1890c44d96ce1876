// System calls, made directly: the library interposes most of libc's wrappers for them and must not meet
// itself, and errno belongs to the program. Every function returns the kernel's value: negative errno on
// failure.
#pragma once
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/layout.h"
#include "base/status.h"

namespace snapshot::sys {

inline long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#if defined(SNAPSHOT_TESTING)
long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0);  // observer.h
#else
inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  return kernel_call(number, a, b, c, d, e, f);
}
#endif

inline long as_long(const volatile void *p) { return reinterpret_cast<long>(p); }
inline constexpr bool failed(long result) { return result < 0 && result > -4096; }
inline constexpr Status status(long result) { return {failed(result) ? static_cast<int>(-result) : 0}; }

inline long mmap(u64 address, u64 length, int prot, int flags, int fd, u64 offset) {
  return call(SYS_mmap, static_cast<long>(address), static_cast<long>(length), prot, flags, fd,
              static_cast<long>(offset));
}
inline long munmap(u64 address, u64 length) {
  return call(SYS_munmap, static_cast<long>(address), static_cast<long>(length));
}
inline long mprotect(u64 address, u64 length, int prot) {
  return call(SYS_mprotect, static_cast<long>(address), static_cast<long>(length), prot);
}
inline long madvise(u64 address, u64 length, int advice) {
  return call(SYS_madvise, static_cast<long>(address), static_cast<long>(length), advice);
}
inline long msync(u64 address, u64 length, int flags) {
  return call(SYS_msync, static_cast<long>(address), static_cast<long>(length), flags);
}
inline long openat(int dir, const char *path, int flags, u32 mode = 0) {
  return call(SYS_openat, dir, as_long(path), flags, mode);
}
inline long open(const char *path, int flags, u32 mode = 0) { return openat(AT_FDCWD, path, flags, mode); }
inline long close(int fd) { return call(SYS_close, fd); }
inline long read(int fd, void *to, u64 n) { return call(SYS_read, fd, as_long(to), static_cast<long>(n)); }
inline long write(int fd, const void *from, u64 n) {
  return call(SYS_write, fd, as_long(from), static_cast<long>(n));
}
inline long pread(int fd, void *to, u64 n, u64 offset) {
  return call(SYS_pread64, fd, as_long(to), static_cast<long>(n), static_cast<long>(offset));
}
inline long pwrite(int fd, const void *from, u64 n, u64 offset) {
  return call(SYS_pwrite64, fd, as_long(from), static_cast<long>(n), static_cast<long>(offset));
}
inline long lseek(int fd, long offset, int whence) { return call(SYS_lseek, fd, offset, whence); }
inline long fstat(int fd, struct stat *out) { return call(SYS_fstat, fd, as_long(out)); }
inline long newfstatat(int dir, const char *path, struct stat *out, int flags) {
  return call(SYS_newfstatat, dir, as_long(path), as_long(out), flags);
}
inline long statx(int dir, const char *path, int flags, u32 mask, struct statx *out) {
  return call(SYS_statx, dir, as_long(path), flags, mask, as_long(out));
}
inline long fstatfs(int fd, struct statfs *out) { return call(SYS_fstatfs, fd, as_long(out)); }
inline long ftruncate(int fd, u64 size) { return call(SYS_ftruncate, fd, static_cast<long>(size)); }
inline long fallocate(int fd, int mode, u64 offset, u64 length) {
  return call(SYS_fallocate, fd, mode, static_cast<long>(offset), static_cast<long>(length));
}
inline long fsync(int fd) { return call(SYS_fsync, fd); }
inline long fdatasync(int fd) { return call(SYS_fdatasync, fd); }
inline long flock(int fd, int operation) { return call(SYS_flock, fd, operation); }
inline long fcntl(int fd, int command, long argument = 0) { return call(SYS_fcntl, fd, command, argument); }
inline long ioctl(int fd, unsigned long request, void *argument) {
  return call(SYS_ioctl, fd, static_cast<long>(request), as_long(argument));
}
inline long fchmod(int fd, u32 mode) { return call(SYS_fchmod, fd, mode); }
inline long fchown(int fd, u32 uid, u32 gid) { return call(SYS_fchown, fd, uid, gid); }
inline long linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
  return call(SYS_linkat, from_dir, as_long(from), to_dir, as_long(to), flags);
}
inline long rename(const char *from, const char *to) { return call(SYS_rename, as_long(from), as_long(to)); }
inline long unlink(const char *path) { return call(SYS_unlink, as_long(path)); }
inline long readlink(const char *path, char *out, u64 n) {
  return call(SYS_readlink, as_long(path), as_long(out), static_cast<long>(n));
}
inline long getrandom(void *out, u64 n) { return call(SYS_getrandom, as_long(out), static_cast<long>(n), 0); }
inline int getpid() { return static_cast<int>(call(SYS_getpid)); }
inline long futex_wait(const void *word, u32 expected, const struct timespec *at_most) {
  return call(SYS_futex, as_long(word), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, expected, as_long(at_most));
}
inline long futex_wake(const void *word, int count) {
  return call(SYS_futex, as_long(word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);
}
inline long membarrier(int command) { return call(SYS_membarrier, command); }

}  // namespace snapshot::sys
