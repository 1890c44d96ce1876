// Calls whose arguments depend on a request: ioctl, fcntl, prctl, and system calls by their number. What they
// fill in is as large as the request says; where that is not known, as large as anything of the kind is.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/registry.h"
#include "interpose/edge.h"
#include "interpose/writer.h"

using namespace snapshot;

namespace {

// Old requests (terminals, sockets' interfaces) do not tell their size. The largest of their structures has
// 60 bytes; what these structures point to is not followed.
constexpr u64 kUnknownBytes = 256;

u64 ioctl_bytes(unsigned long request) {
  if (_IOC_DIR(request) == _IOC_NONE) return kUnknownBytes;
  return (_IOC_DIR(request) & _IOC_READ) != 0 ? _IOC_SIZE(request) : 0;
}

// Requests to share another file's blocks would show the last commit of a managed file, or replace one behind
// its working copy. Refused as between two file systems, for which all who ask have a fallback.
bool clones_managed(int to, unsigned long request, const void *argument) {
  if (SNAPSHOT_LIKELY(request != FICLONE && request != FICLONERANGE) || !any_managed()) return false;
  if (request == FICLONERANGE && argument == nullptr) return false;
  const int from = static_cast<int>(
      request == FICLONE ? reinterpret_cast<long>(argument)
                         : static_cast<long>(static_cast<const file_clone_range *>(argument)->src_fd));
  for (const int fd : {to, from}) {
    RegisteredFile *file;
    if (!file_by_fd(fd, &file).ok() || file != nullptr) return true;
  }
  return false;
}

u64 fcntl_bytes(int command) {
  switch (command) {
    case F_GETLK:
    case F_OFD_GETLK:
      return sizeof(struct flock);
    case F_GETOWN_EX:
      return sizeof(f_owner_ex);
    case F_GET_RW_HINT:
    case F_GET_FILE_RW_HINT:
      return sizeof(u64);
    default:
      return 0;
  }
}

template <typename Real>
int control_file(Real *real_fcntl, int fd, int command, void *argument) {
  const int result = real_fcntl(fd, command, argument);
  written(argument, fcntl_bytes(command));
  return result;
}

const void *pointer(long value) { return reinterpret_cast<const void *>(value); }

void filled(const iovec *vector, long count, long n) {
  for (long i = 0; i < count && n > 0; ++i) {
    const u64 here = min_u64(vector[i].iov_len, static_cast<u64>(n));
    written(vector[i].iov_base, here);
    n -= static_cast<long>(here);
  }
}

// The calls that programs make by number because libc had no function for them, or to be sure that they are
// calls. Of any other, whatever it may have been given: what a pointer into a managed file leads to, as large
// as most things.
void system_called(long number, const long (&a)[6], long result) {
  switch (number) {
    case SYS_read:
    case SYS_pread64:
    case SYS_recvfrom:
      if (result > 0) written(pointer(a[1]), static_cast<u64>(result));
      return;
    case SYS_readv:
    case SYS_preadv:
    case SYS_preadv2:
      return filled(static_cast<const iovec *>(pointer(a[1])), a[2], result);
    case SYS_getrandom:
    case SYS_getcwd:
      if (result > 0) written(pointer(a[0]), static_cast<u64>(result));
      return;
    case SYS_write:
    case SYS_pwrite64:
    case SYS_sendto:
      return;
    case SYS_getdents64:
    case SYS_readlink:
      if (result > 0) written(pointer(a[1]), static_cast<u64>(result));
      return;
    default:
      for (const long argument : a) written(pointer(argument), kUnknownBytes);
  }
}

}  // namespace

SNAPSHOT_EXPORT int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (SNAPSHOT_UNLIKELY(clones_managed(fd, request, argument))) return static_cast<int>(edge(Status{EXDEV}));
  const int result = SNAPSHOT_REAL(ioctl)(fd, request, argument);
  written(argument, ioctl_bytes(request));
  return result;
}

SNAPSHOT_EXPORT int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return control_file(SNAPSHOT_REAL(fcntl), fd, command, argument);
}
SNAPSHOT_EXPORT int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return control_file(SNAPSHOT_REAL(fcntl64), fd, command, argument);
}
SNAPSHOT_EXPORT int __fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return control_file(SNAPSHOT_REAL(fcntl), fd, command, argument);
}

SNAPSHOT_EXPORT int prctl(int option, ...) noexcept {
  va_list arguments;
  va_start(arguments, option);
  long a[4];
  for (long &argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  const int result = SNAPSHOT_REAL(prctl)(option, a[0], a[1], a[2], a[3]);
  for (const long argument : a) written(pointer(argument), kUnknownBytes);
  return result;
}

// The union's pointers: one structure, or one number for each semaphore, of which a set has 32,000 at most by
// default.
SNAPSHOT_EXPORT int semctl(int set, int semaphore, int command, ...) noexcept {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  const int result = SNAPSHOT_REAL(semctl)(set, semaphore, command, argument);
  if (command == IPC_STAT || command == SEM_STAT || command == SEM_STAT_ANY || command == IPC_INFO ||
      command == SEM_INFO)
    written(argument, sizeof(semid_ds));
  if (command == GETALL) items(static_cast<unsigned short *>(argument), 32000);
  return result;
}

// Not variadic, so that it can end in a jump: a call that returns a second time, or on another stack, must
// not find this frame there.
using SystemCall = long(long, long, long, long, long, long, long);
extern "C" __attribute__((visibility("default"))) SystemCall snapshot_syscall __asm__("syscall");
long snapshot_syscall(long number, long a, long b, long c, long d, long e, long f) {
  SystemCall *next = real<SystemCall *, "syscall">();
  switch (number) {
    case SYS_fork:
    case SYS_vfork:
    case SYS_clone:
    case SYS_clone3:
    case SYS_rt_sigreturn:
      __attribute__((musttail)) return next(number, a, b, c, d, e, f);
  }
  const long result = next(number, a, b, c, d, e, f);
  system_called(number, {a, b, c, d, e, f}, result);
  return result;
}
