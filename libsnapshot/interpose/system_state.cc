// What the kernel tells about the system, the process, files, time and terminals.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "interpose/writer.h"

using namespace snapshot;

namespace {

// As many bytes as the answer says, if it is one.
void answered(const void *buffer, ssize_t result, size_t n) {
  written(buffer, result >= 0 ? min_u64(static_cast<u64>(result), n) : 0);
}

// name_to_handle_at says in the structure how much room it needs, also when there is less.
void handle_bytes(const file_handle *handle, int result) {
  object(handle);
  if (result == 0) bytes(handle->f_handle, handle->handle_bytes);
}

}  // namespace

// clang-format off
SNAPSHOT_WRITER(int, uname, (utsname *to), (to), object(to));
SNAPSHOT_WRITER(int, sysinfo, (struct sysinfo *to), (to), object(to));
SNAPSHOT_WRITER(int, getloadavg, (double *to, int n), (to, n), items(to, n > 0 ? static_cast<u64>(n) : 0));
SNAPSHOT_WRITER(size_t, confstr, (int name, char *to, size_t n), (name, to, n), bytes(to, n));
SNAPSHOT_WRITER(size_t, __confstr_chk, (int name, char *to, size_t n, size_t size), (name, to, n, size), bytes(to, n));

SNAPSHOT_WRITER(int, statfs, (const char *path, struct statfs *to), (path, to), object(to));
SNAPSHOT_WRITER(int, __statfs, (const char *path, struct statfs *to), (path, to), object(to));
SNAPSHOT_WRITER(int, statfs64, (const char *path, struct statfs64 *to), (path, to), object(to));
SNAPSHOT_WRITER(int, fstatfs, (int fd, struct statfs *to), (fd, to), object(to));
SNAPSHOT_WRITER(int, fstatfs64, (int fd, struct statfs64 *to), (fd, to), object(to));
SNAPSHOT_WRITER(int, statvfs, (const char *path, struct statvfs *to), (path, to), object(to));
SNAPSHOT_WRITER(int, statvfs64, (const char *path, struct statvfs64 *to), (path, to), object(to));
SNAPSHOT_WRITER(int, fstatvfs, (int fd, struct statvfs *to), (fd, to), object(to));
SNAPSHOT_WRITER(int, fstatvfs64, (int fd, struct statvfs64 *to), (fd, to), object(to));
SNAPSHOT_WRITER(ssize_t, getxattr, (const char *path, const char *name, void *to, size_t n), (path, name, to, n), answered(to, result, n));
SNAPSHOT_WRITER(ssize_t, lgetxattr, (const char *path, const char *name, void *to, size_t n), (path, name, to, n), answered(to, result, n));
SNAPSHOT_WRITER(ssize_t, fgetxattr, (int fd, const char *name, void *to, size_t n), (fd, name, to, n), answered(to, result, n));
SNAPSHOT_WRITER(ssize_t, listxattr, (const char *path, char *to, size_t n), (path, to, n), answered(to, result, n));
SNAPSHOT_WRITER(ssize_t, llistxattr, (const char *path, char *to, size_t n), (path, to, n), answered(to, result, n));
SNAPSHOT_WRITER(ssize_t, flistxattr, (int fd, char *to, size_t n), (fd, to, n), answered(to, result, n));
SNAPSHOT_WRITER(int, name_to_handle_at, (int directory, const char *path, file_handle *to, int *mount, int flags), (directory, path, to, mount, flags), (handle_bytes(to, result), object(mount)));
SNAPSHOT_WRITER(int, mincore, (void *at, size_t n, unsigned char *to), (at, n, to), bytes(to, (n + kPageBytes - 1) / kPageBytes));

SNAPSHOT_WRITER(int, getrusage, (int who, rusage *to), (who, to), object(to));
SNAPSHOT_WRITER(int, getrlimit, (int which, rlimit *to), (which, to), object(to));
SNAPSHOT_WRITER(int, getrlimit64, (int which, rlimit64 *to), (which, to), object(to));
SNAPSHOT_WRITER(int, prlimit, (pid_t pid, int which, const rlimit *now, rlimit *old), (pid, which, now, old), object(old));
SNAPSHOT_WRITER(int, prlimit64, (pid_t pid, int which, const rlimit64 *now, rlimit64 *old), (pid, which, now, old), object(old));
SNAPSHOT_WRITER(int, getcpu, (unsigned *cpu, unsigned *node), (cpu, node), objects(cpu, node));
SNAPSHOT_WRITER(int, getgroups, (int n, gid_t *to), (n, to), items(to, n > 0 ? static_cast<u64>(n) : 0));
SNAPSHOT_WRITER(int, __getgroups_chk, (int n, gid_t *to, size_t size), (n, to, size), items(to, n > 0 ? static_cast<u64>(n) : 0));
SNAPSHOT_WRITER(int, getresuid, (uid_t *a, uid_t *b, uid_t *c), (a, b, c), objects(a, b, c));
SNAPSHOT_WRITER(int, getresgid, (gid_t *a, gid_t *b, gid_t *c), (a, b, c), objects(a, b, c));
SNAPSHOT_WRITER(int, sched_getaffinity, (pid_t pid, size_t n, cpu_set_t *to), (pid, n, to), bytes(to, n));
SNAPSHOT_WRITER(int, sched_getparam, (pid_t pid, sched_param *to), (pid, to), object(to));
SNAPSHOT_WRITER(int, __sched_getparam, (pid_t pid, sched_param *to), (pid, to), object(to));
SNAPSHOT_WRITER(int, sched_rr_get_interval, (pid_t pid, timespec *to), (pid, to), object(to));
SNAPSHOT_WRITER(int, pthread_getaffinity_np, (pthread_t thread, size_t n, cpu_set_t *to), (thread, n, to), bytes(to, n));
SNAPSHOT_WRITER(int, pthread_getname_np, (pthread_t thread, char *to, size_t n), (thread, to, n), bytes(to, n));
SNAPSHOT_WRITER(int, pthread_getschedparam, (pthread_t thread, int *policy, sched_param *to), (thread, policy, to), objects(policy, to));
SNAPSHOT_WRITER(int, pthread_getcpuclockid, (pthread_t thread, clockid_t *to), (thread, to), object(to));
SNAPSHOT_WRITER(int, clock_getcpuclockid, (pid_t pid, clockid_t *to), (pid, to), object(to));

SNAPSHOT_WRITER(clock_t, times, (tms *to), (to), object(to));
SNAPSHOT_WRITER(int, ftime, (timeb *to), (to), object(to));
SNAPSHOT_WRITER(int, timespec_getres, (timespec *to, int base), (to, base), object(to));
SNAPSHOT_WRITER(int, adjtime, (const timeval *by, timeval *old), (by, old), object(old));
SNAPSHOT_WRITER(int, adjtimex, (timex *to), (to), object(to));
SNAPSHOT_WRITER(int, __adjtimex, (timex *to), (to), object(to));
SNAPSHOT_WRITER(int, ntp_adjtime, (timex *to), (to), object(to));
SNAPSHOT_WRITER(int, clock_adjtime, (clockid_t clock, timex *to), (clock, to), object(to));
SNAPSHOT_WRITER(int, ntp_gettime, (ntptimeval *to), (to), object(to));
SNAPSHOT_WRITER(int, ntp_gettimex, (ntptimeval *to), (to), object(to));
SNAPSHOT_WRITER(int, nanosleep, (const timespec *time, timespec *left), (time, left), object(left));
SNAPSHOT_WRITER(int, __nanosleep, (const timespec *time, timespec *left), (time, left), object(left));
SNAPSHOT_WRITER(int, clock_nanosleep, (clockid_t clock, int flags, const timespec *time, timespec *left), (clock, flags, time, left), object(left));
SNAPSHOT_WRITER(int, thrd_sleep, (const timespec *time, timespec *left), (time, left), object(left));
SNAPSHOT_WRITER(int, getitimer, (int which, itimerval *to), (which, to), object(to));
SNAPSHOT_WRITER(int, setitimer, (int which, const itimerval *now, itimerval *old), (which, now, old), object(old));
SNAPSHOT_WRITER(int, timer_gettime, (timer_t timer, itimerspec *to), (timer, to), object(to));
SNAPSHOT_WRITER(int, timer_settime, (timer_t timer, int flags, const itimerspec *now, itimerspec *old), (timer, flags, now, old), object(old));
SNAPSHOT_WRITER(int, timerfd_gettime, (int fd, itimerspec *to), (fd, to), object(to));
SNAPSHOT_WRITER(int, timerfd_settime, (int fd, int flags, const itimerspec *now, itimerspec *old), (fd, flags, now, old), object(old));

SNAPSHOT_WRITER(int, tcgetattr, (int fd, termios *to), (fd, to), object(to));
SNAPSHOT_VOID_WRITER(cfmakeraw, (termios *to), (to), object(to));
SNAPSHOT_WRITER(int, cfsetspeed, (termios *to, speed_t speed), (to, speed), object(to));
SNAPSHOT_WRITER(int, cfsetispeed, (termios *to, speed_t speed), (to, speed), object(to));
SNAPSHOT_WRITER(int, cfsetospeed, (termios *to, speed_t speed), (to, speed), object(to));
SNAPSHOT_WRITER(int, ttyname_r, (int fd, char *to, size_t n), (fd, to, n), bytes(to, n));
SNAPSHOT_WRITER(int, __ttyname_r_chk, (int fd, char *to, size_t n, size_t size), (fd, to, n, size), bytes(to, n));
SNAPSHOT_WRITER(int, ptsname_r, (int fd, char *to, size_t n), (fd, to, n), bytes(to, n));
SNAPSHOT_WRITER(int, __ptsname_r_chk, (int fd, char *to, size_t n, size_t size), (fd, to, n, size), bytes(to, n));
SNAPSHOT_WRITER(int, getlogin_r, (char *to, size_t n), (to, n), bytes(to, n));
SNAPSHOT_WRITER(int, __getlogin_r_chk, (char *to, size_t n, size_t size), (to, n, size), bytes(to, n));
SNAPSHOT_WRITER(char *, ctermid, (char *to), (to), bytes(to, L_ctermid));
// clang-format on
