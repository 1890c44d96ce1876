// System calls that fill in a buffer of the program's, other than file I/O (file_io.cc).
//
// Not followed: io_uring, process_vm_writev from another process.
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/stub.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

// How much of a buffer a call that answers with a count has written. MSG_TRUNC makes the count larger than
// the buffer. Of the errors only EFAULT can come after writing.
u64 received(ssize_t result, u64 capacity) {
  if (result >= 0) return min_u64(static_cast<u64>(result), capacity);
  return errno == EFAULT ? claimed(capacity, 1) : 0;
}
ssize_t written_count(void *to, ssize_t result, size_t capacity) {
  if (SNAPSHOT_UNLIKELY(in_working_range(to))) written(to, received(result, capacity));
  return result;
}

// What allocators call while they start, some of them before our constructor: then the function may not be
// looked up (dlsym can allocate), and the kernel is asked directly.
int kernel_clock_gettime(clockid_t clock, timespec *to) noexcept {
  return static_cast<int>(edge(sys::call(SYS_clock_gettime, clock, sys::as_long(to))));
}
int kernel_clock_getres(clockid_t clock, timespec *to) noexcept {
  return static_cast<int>(edge(sys::call(SYS_clock_getres, clock, sys::as_long(to))));
}
time_t kernel_time(time_t *to) noexcept { return edge(sys::call(SYS_time, sys::as_long(to))); }
int kernel_gettimeofday(timeval *__restrict to, void *__restrict zone) noexcept {
  return static_cast<int>(edge(sys::call(SYS_gettimeofday, sys::as_long(to), sys::as_long(zone))));
}
ssize_t kernel_getrandom(void *to, size_t n, unsigned flags) {
  return edge(sys::call(SYS_getrandom, sys::as_long(to), static_cast<long>(n), flags));
}
ssize_t kernel_readlink(const char *path, char *to, size_t n) noexcept {
  return edge(sys::readlink(path, to, n));
}
ssize_t kernel_readlinkat(int fd, const char *path, char *to, size_t n) noexcept {
  return edge(sys::call(SYS_readlinkat, fd, sys::as_long(path), sys::as_long(to), static_cast<long>(n)));
}

ssize_t slow_recv(int fd, void *to, size_t n, int flags) {
  return written_count(to, SNAPSHOT_REAL(recv)(fd, to, n, flags), n);
}
ssize_t slow_recv_chk(int fd, void *to, size_t n, size_t size, int flags) {
  return written_count(to, real_like<"__recv_chk">(slow_recv_chk)(fd, to, n, size, flags), n);
}
ssize_t slow_getrandom(void *to, size_t n, unsigned flags) {
  return written_count(to, real_or<"getrandom">(kernel_getrandom)(to, n, flags), n);
}
int slow_getentropy(void *to, size_t n) {
  const int result = SNAPSHOT_REAL(getentropy)(to, n);
  written(to, n);
  return result;
}

ssize_t slow_readlink(const char *path, char *to, size_t n) noexcept {
  return written_count(to, real_or<"readlink">(kernel_readlink)(path, to, n), n);
}
ssize_t slow_readlink_chk(const char *path, char *to, size_t n, size_t size) noexcept {
  return written_count(to, real_like<"__readlink_chk">(slow_readlink_chk)(path, to, n, size), n);
}
ssize_t slow_readlinkat(int fd, const char *path, char *to, size_t n) noexcept {
  return written_count(to, real_or<"readlinkat">(kernel_readlinkat)(fd, path, to, n), n);
}
ssize_t slow_readlinkat_chk(int fd, const char *path, char *to, size_t n, size_t size) noexcept {
  return written_count(to, real_like<"__readlinkat_chk">(slow_readlinkat_chk)(fd, path, to, n, size), n);
}

// Names of unknown length: the whole buffer, libc may have used it all on the way.
template <typename Result>
Result written_name(char *to, Result result, size_t n) {
  written(to, claimed(n, 1));
  return result;
}
char *slow_getcwd(char *to, size_t n) noexcept { return written_name(to, SNAPSHOT_REAL(getcwd)(to, n), n); }
char *slow_getcwd_chk(char *to, size_t n, size_t size) noexcept {
  return written_name(to, real_like<"__getcwd_chk">(slow_getcwd_chk)(to, n, size), n);
}
char *slow_getwd(char *to) noexcept { return written_name(to, real_like<"getwd">(slow_getwd)(to), PATH_MAX); }
char *slow_getwd_chk(char *to, size_t size) noexcept {
  return written_name(to, real_like<"__getwd_chk">(slow_getwd_chk)(to, size), min_u64(size, PATH_MAX));
}
char *slow_realpath(const char *path, char *to) noexcept {
  return written_name(to, SNAPSHOT_REAL(realpath)(path, to), PATH_MAX);
}
char *slow_realpath_chk(const char *path, char *to, size_t size) noexcept {
  return written_name(to, real_like<"__realpath_chk">(slow_realpath_chk)(path, to, size), PATH_MAX);
}
int slow_gethostname(char *to, size_t n) noexcept {
  return written_name(to, SNAPSHOT_REAL(gethostname)(to, n), n);
}
int slow_gethostname_chk(char *to, size_t n, size_t size) noexcept {
  return written_name(to, real_like<"__gethostname_chk">(slow_gethostname_chk)(to, n, size), n);
}
int slow_getdomainname(char *to, size_t n) noexcept {
  return written_name(to, SNAPSHOT_REAL(getdomainname)(to, n), n);
}
int slow_getdomainname_chk(char *to, size_t n, size_t size) noexcept {
  return written_name(to, real_like<"__getdomainname_chk">(slow_getdomainname_chk)(to, n, size), n);
}

template <typename T, typename Result>
Result filled_in(T *object, Result result) {
  written_object(object);
  return result;
}
time_t slow_time(time_t *to) noexcept { return filled_in(to, real_or<"time">(kernel_time)(to)); }
int slow_clock_gettime(clockid_t clock, timespec *to) noexcept {
  return filled_in(to, real_or<"clock_gettime">(kernel_clock_gettime)(clock, to));
}
int slow_clock_getres(clockid_t clock, timespec *to) noexcept {
  return filled_in(to, real_or<"clock_getres">(kernel_clock_getres)(clock, to));
}
int slow_timespec_get(timespec *to, int base) noexcept {
  return filled_in(to, SNAPSHOT_REAL(timespec_get)(to, base));
}
int slow_pipe(int *to) noexcept {
  return filled_in(reinterpret_cast<int(*)[2]>(to), SNAPSHOT_REAL(pipe)(to));
}
int slow_pipe2(int *to, int flags) noexcept {
  return filled_in(reinterpret_cast<int(*)[2]>(to), SNAPSHOT_REAL(pipe2)(to, flags));
}
int slow_socketpair(int domain, int type, int protocol, int *to) noexcept {
  return filled_in(reinterpret_cast<int(*)[2]>(to), SNAPSHOT_REAL(socketpair)(domain, type, protocol, to));
}

}  // namespace

SNAPSHOT_STUB(ssize_t, recv, (int, void *, size_t, int), "rsi", slow_recv);
SNAPSHOT_STUB(ssize_t, __recv_chk, (int, void *, size_t, size_t, int), "rsi", slow_recv_chk);
SNAPSHOT_STUB(ssize_t, getrandom, (void *, size_t, unsigned), "rdi", slow_getrandom);
SNAPSHOT_STUB(int, getentropy, (void *, size_t), "rdi", slow_getentropy);
SNAPSHOT_STUB(ssize_t, readlink, (const char *, char *, size_t) noexcept, "rsi", slow_readlink);
SNAPSHOT_STUB(ssize_t, __readlink_chk, (const char *, char *, size_t, size_t) noexcept, "rsi",
              slow_readlink_chk);
SNAPSHOT_STUB(ssize_t, readlinkat, (int, const char *, char *, size_t) noexcept, "rdx", slow_readlinkat);
SNAPSHOT_STUB(ssize_t, __readlinkat_chk, (int, const char *, char *, size_t, size_t) noexcept, "rdx",
              slow_readlinkat_chk);
SNAPSHOT_STUB(char *, getcwd, (char *, size_t) noexcept, "rdi", slow_getcwd);
SNAPSHOT_STUB(char *, __getcwd_chk, (char *, size_t, size_t) noexcept, "rdi", slow_getcwd_chk);
SNAPSHOT_STUB(char *, getwd, (char *) noexcept, "rdi", slow_getwd);
SNAPSHOT_STUB(char *, __getwd_chk, (char *, size_t) noexcept, "rdi", slow_getwd_chk);
SNAPSHOT_STUB(char *, realpath, (const char *, char *) noexcept, "rsi", slow_realpath);
SNAPSHOT_STUB(char *, __realpath_chk, (const char *, char *, size_t) noexcept, "rsi", slow_realpath_chk);
SNAPSHOT_STUB(int, gethostname, (char *, size_t) noexcept, "rdi", slow_gethostname);
SNAPSHOT_STUB(int, __gethostname_chk, (char *, size_t, size_t) noexcept, "rdi", slow_gethostname_chk);
SNAPSHOT_STUB(int, getdomainname, (char *, size_t) noexcept, "rdi", slow_getdomainname);
SNAPSHOT_STUB(int, __getdomainname_chk, (char *, size_t, size_t) noexcept, "rdi", slow_getdomainname_chk);
SNAPSHOT_STUB(time_t, time, (time_t *) noexcept, "rdi", slow_time);
SNAPSHOT_STUB(int, clock_gettime, (clockid_t, timespec *) noexcept, "rsi", slow_clock_gettime);
SNAPSHOT_STUB(int, clock_getres, (clockid_t, timespec *) noexcept, "rsi", slow_clock_getres);
SNAPSHOT_STUB(int, timespec_get, (timespec *, int) noexcept, "rdi", slow_timespec_get);
SNAPSHOT_STUB(int, pipe, (int *) noexcept, "rdi", slow_pipe);
SNAPSHOT_STUB(int, __pipe, (int *) noexcept, "rdi", slow_pipe);
SNAPSHOT_STUB(int, pipe2, (int *, int) noexcept, "rdi", slow_pipe2);
SNAPSHOT_STUB(int, socketpair, (int, int, int, int *) noexcept, "rcx", slow_socketpair);

static int get_time(timeval *to, void *zone) {
  const int result = real_or<"gettimeofday">(kernel_gettimeofday)(to, zone);
  written_object(to);
  written_object(static_cast<struct timezone *>(zone));
  return result;
}
SNAPSHOT_EXPORT int gettimeofday(timeval *__restrict to, void *__restrict zone) noexcept {
  return get_time(to, zone);
}
SNAPSHOT_EXPORT int __gettimeofday(timeval *to, void *zone) noexcept { return get_time(to, zone); }

}  // namespace snapshot
