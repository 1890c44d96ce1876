#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
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
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "temp_dir.h"
#include "tracked_call.h"

using test::at;

extern "C" {
size_t __confstr_chk(int, char *, size_t, size_t);
int __getgroups_chk(int, gid_t *, size_t);
int __ttyname_r_chk(int, char *, size_t, size_t);
int __ptsname_r_chk(int, char *, size_t, size_t);
int __getlogin_r_chk(char *, size_t, size_t);
int __xstat(int, const char *, struct stat *);
int __xstat64(int, const char *, struct stat *);
int __lxstat(int, const char *, struct stat *);
int __lxstat64(int, const char *, struct stat *);
int __fxstat(int, int, struct stat *);
int __fxstat64(int, int, struct stat *);
int __fxstatat(int, int, const char *, struct stat *, int);
int __fxstatat64(int, int, const char *, struct stat *, int);
int __statfs(const char *, struct statfs *);
int __sched_getparam(pid_t, sched_param *);
int __adjtimex(timex *);
int __nanosleep(const timespec *, timespec *);
int __gettimeofday(timeval *, void *);
int __pipe(int *);
}

TEST_CASE("what the system tells about itself is tracked") {
  TRACKED(uname(at<utsname>(0)));
  TRACKED(sysinfo(at<struct sysinfo>(0)));
  TRACKED(getloadavg(at<double>(0), 3));
  TRACKED(confstr(_CS_PATH, at<char>(0), 100));
  TRACKED(__confstr_chk(_CS_PATH, at<char>(0), 100, 100));
}

TEST_CASE("what is told about file systems is tracked") {
  const int fd = open("/", O_RDONLY);
  TRACKED(statfs("/", at<struct statfs>(0)));
  TRACKED(__statfs("/", at<struct statfs>(0)));
  TRACKED(statfs64("/", at<struct statfs64>(0)));
  TRACKED(fstatfs(fd, at<struct statfs>(0)));
  TRACKED(fstatfs64(fd, at<struct statfs64>(0)));
  TRACKED(statvfs("/", at<struct statvfs>(0)));
  TRACKED(statvfs64("/", at<struct statvfs64>(0)));
  TRACKED(fstatvfs(fd, at<struct statvfs>(0)));
  TRACKED(fstatvfs64(fd, at<struct statvfs64>(0)));
  close(fd);
}

TEST_CASE("what is told about files is tracked") {
  const test::TempDir dir;
  const std::string path = dir / "file";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  TRACKED(stat(path.c_str(), at<struct stat>(0)));
  TRACKED(lstat(path.c_str(), at<struct stat>(0)));
  TRACKED(fstat(fd, at<struct stat>(0)));
  TRACKED(fstatat(AT_FDCWD, path.c_str(), at<struct stat>(0), 0));
  TRACKED(stat64(path.c_str(), at<struct stat64>(0)));
  TRACKED(lstat64(path.c_str(), at<struct stat64>(0)));
  TRACKED(fstat64(fd, at<struct stat64>(0)));
  TRACKED(fstatat64(AT_FDCWD, path.c_str(), at<struct stat64>(0), 0));
  // What programs built before glibc 2.33 call.
  TRACKED(__xstat(1, path.c_str(), at<struct stat>(0)));
  TRACKED(__xstat64(1, path.c_str(), at<struct stat>(0)));
  TRACKED(__lxstat(1, path.c_str(), at<struct stat>(0)));
  TRACKED(__lxstat64(1, path.c_str(), at<struct stat>(0)));
  TRACKED(__fxstat(1, fd, at<struct stat>(0)));
  TRACKED(__fxstat64(1, fd, at<struct stat>(0)));
  TRACKED(__fxstatat(1, AT_FDCWD, path.c_str(), at<struct stat>(0), 0));
  TRACKED(__fxstatat64(1, AT_FDCWD, path.c_str(), at<struct stat>(0), 0));
  TRACKED(statx(fd, "", AT_EMPTY_PATH, STATX_ALL, at<struct statx>(0)));
  // Some file systems have no attributes: then nothing is written.
  const bool has = fsetxattr(fd, "user.snapshot",
                             "a value that is longer than one line of a cache, and then some", 62, 0) == 0;
  for (const auto writes : {has ? test::Writes::always : test::Writes::perhaps}) {
    const auto attribute = [&](const char *what, auto call) { test::tracked(what, [] {}, call, writes); };
    attribute("getxattr", [&] { getxattr(path.c_str(), "user.snapshot", at<char>(0), 100); });
    attribute("lgetxattr", [&] { lgetxattr(path.c_str(), "user.snapshot", at<char>(0), 100); });
    attribute("fgetxattr", [&] { fgetxattr(fd, "user.snapshot", at<char>(0), 100); });
    attribute("listxattr", [&] { listxattr(path.c_str(), at<char>(0), 100); });
    attribute("llistxattr", [&] { llistxattr(path.c_str(), at<char>(0), 100); });
    attribute("flistxattr", [&] { flistxattr(fd, at<char>(0), 100); });
  }
  TRACKED_AFTER((at<file_handle>(0)->handle_bytes = 128),
                name_to_handle_at(AT_FDCWD, path.c_str(), at<file_handle>(0), at<int>(1), 0));
  static char page[8192] __attribute__((aligned(4096)));
  TRACKED(mincore(page, sizeof page, at<unsigned char>(0)));
  close(fd);
}

TEST_CASE("limits, groups and schedules are tracked") {
  TRACKED(getrusage(RUSAGE_SELF, at<rusage>(0)));
  TRACKED(getrlimit(RLIMIT_NOFILE, at<rlimit>(0)));
  TRACKED(getrlimit64(RLIMIT_NOFILE, at<rlimit64>(0)));
  TRACKED(prlimit(0, RLIMIT_NOFILE, nullptr, at<rlimit>(0)));
  TRACKED(prlimit64(0, RLIMIT_NOFILE, nullptr, at<rlimit64>(0)));
  TRACKED(getcpu(at<unsigned>(0), at<unsigned>(1)));
  TRACKED_IF_ANY(getgroups(100, at<gid_t>(0)));
  TRACKED_IF_ANY(__getgroups_chk(100, at<gid_t>(0), 400));
  TRACKED(getresuid(at<uid_t>(0), at<uid_t>(1), at<uid_t>(2)));
  TRACKED(getresgid(at<gid_t>(0), at<gid_t>(1), at<gid_t>(2)));
  TRACKED(sched_getaffinity(0, sizeof(cpu_set_t), at<cpu_set_t>(0)));
  TRACKED(sched_getparam(0, at<sched_param>(0)));
  TRACKED(__sched_getparam(0, at<sched_param>(0)));
  TRACKED(sched_rr_get_interval(0, at<timespec>(0)));
  TRACKED(pthread_getaffinity_np(pthread_self(), sizeof(cpu_set_t), at<cpu_set_t>(0)));
  TRACKED(pthread_getname_np(pthread_self(), at<char>(0), 100));
  TRACKED(pthread_getschedparam(pthread_self(), at<int>(0), at<sched_param>(1)));
  TRACKED(pthread_getcpuclockid(pthread_self(), at<clockid_t>(0)));
  TRACKED(clock_getcpuclockid(0, at<clockid_t>(0)));
}

TEST_CASE("times are tracked") {
  TRACKED(times(at<tms>(0)));
  TRACKED(ftime(at<timeb>(0)));
  TRACKED(timespec_getres(at<timespec>(0), TIME_UTC));
  TRACKED(__gettimeofday(at<timeval>(0), nullptr));
  TRACKED(adjtime(nullptr, at<timeval>(0)));
  TRACKED_AFTER((*at<timex>(0) = {}), adjtimex(at<timex>(0)));
  TRACKED_AFTER((*at<timex>(0) = {}), __adjtimex(at<timex>(0)));
  TRACKED_AFTER((*at<timex>(0) = {}), ntp_adjtime(at<timex>(0)));
  TRACKED_AFTER((*at<timex>(0) = {}), clock_adjtime(CLOCK_REALTIME, at<timex>(0)));
  TRACKED(ntp_gettime(at<ntptimeval>(0)));
  TRACKED(ntp_gettimex(at<ntptimeval>(0)));
}

namespace {

// A signal in a moment, so that a sleep is interrupted and says what is left.
struct Alarm {
  Alarm() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    const itimerval soon = {{0, 1000}, {0, 1000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
  }
  ~Alarm() {
    const itimerval never = {};
    setitimer(ITIMER_REAL, &never, nullptr);
  }
};
const timespec long_enough = {100, 0};

}  // namespace

TEST_CASE("what is left of a sleep is tracked") {
  const Alarm alarm;
  TRACKED(nanosleep(&long_enough, at<timespec>(0)));
  TRACKED(__nanosleep(&long_enough, at<timespec>(0)));
  TRACKED(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_enough, at<timespec>(0)));
  TRACKED(thrd_sleep(&long_enough, at<timespec>(0)));
}

TEST_CASE("timers are tracked") {
  const itimerval never = {};
  const itimerspec no_time = {};
  TRACKED(getitimer(ITIMER_VIRTUAL, at<itimerval>(0)));
  TRACKED(setitimer(ITIMER_VIRTUAL, &never, at<itimerval>(0)));
  timer_t timer;
  sigevent nothing = {};
  nothing.sigev_notify = SIGEV_NONE;
  REQUIRE(timer_create(CLOCK_MONOTONIC, &nothing, &timer) == 0);
  TRACKED(timer_gettime(timer, at<itimerspec>(0)));
  TRACKED(timer_settime(timer, 0, &no_time, at<itimerspec>(0)));
  timer_delete(timer);
  const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  TRACKED(timerfd_gettime(fd, at<itimerspec>(0)));
  TRACKED(timerfd_settime(fd, 0, &no_time, at<itimerspec>(0)));
  close(fd);
}

TEST_CASE("terminals are tracked") {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  const bool has = terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0;
  const auto writes = has ? test::Writes::always : test::Writes::perhaps;
  const auto told = [&](const char *what, auto call) { test::tracked(what, [] {}, call, writes); };
  const int other = has ? open(ptsname(terminal), O_RDWR | O_NOCTTY) : -1;
  told("tcgetattr", [&] { tcgetattr(terminal, at<termios>(0)); });
  told("ptsname_r", [&] { ptsname_r(terminal, at<char>(0), 100); });
  told("__ptsname_r_chk", [&] { __ptsname_r_chk(terminal, at<char>(0), 100, 100); });
  told("ttyname_r", [&] { ttyname_r(other, at<char>(0), 100); });
  told("__ttyname_r_chk", [&] { __ttyname_r_chk(other, at<char>(0), 100, 100); });
  close(other), close(terminal);
  TRACKED_AFTER((*at<termios>(0) = {}), cfmakeraw(at<termios>(0)));
  TRACKED_AFTER((*at<termios>(0) = {}), cfsetspeed(at<termios>(0), B9600));
  TRACKED_AFTER((*at<termios>(0) = {}), cfsetispeed(at<termios>(0), B9600));
  TRACKED_AFTER((*at<termios>(0) = {}), cfsetospeed(at<termios>(0), B9600));
  TRACKED_IF_ANY(getlogin_r(at<char>(0), 100));
  TRACKED_IF_ANY(__getlogin_r_chk(at<char>(0), 100, 100));
  TRACKED(ctermid(at<char>(0)));
}

TEST_CASE("pipes by libc's own name are tracked") {
  TRACKED([] {
    const int made = __pipe(at<int>(0));
    close(at<int>(0)[0]), close(at<int>(0)[1]);
    return made;
  }());
}
