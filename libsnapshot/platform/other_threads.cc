#include "platform/other_threads.h"

#include "base/text.h"
#include "platform/directory_entry.h"

namespace snapshot {
namespace {

// While they sleep in one of these, nothing of the program's memory is written but through the arguments.
constexpr u64 kWaits[] = {SYS_futex,           SYS_poll,
                          SYS_ppoll,           SYS_select,
                          SYS_pselect6,        SYS_epoll_wait,
                          SYS_epoll_pwait,     SYS_nanosleep,
                          SYS_clock_nanosleep, SYS_wait4,
                          SYS_waitid,          SYS_accept,
                          SYS_accept4,         SYS_rt_sigtimedwait,
                          SYS_flock,           SYS_fsync,
                          SYS_fdatasync,       449 /* futex_waitv */};

// A number in decimal, or in hexadecimal behind 0x. False: there is none. *at moves behind it.
bool next_number(const char **at, u64 *out) {
  const char *c = *at;
  while (*c == ' ') ++c;
  const bool hex = c[0] == '0' && c[1] == 'x';
  if (hex) c += 2;
  const char *const first = c;
  for (*out = 0;; ++c) {
    const bool digit = *c >= '0' && *c <= '9', letter = hex && *c >= 'a' && *c <= 'f';
    if (!digit && !letter) break;
    *out = *out * (hex ? 16 : 10) + static_cast<u64>(digit ? *c - '0' : *c - 'a' + 10);
  }
  *at = c;
  return c != first;
}

// proc_pid_syscall(5): "running", or "-1 SP PC" (not in a system call), or "NUMBER ARGUMENT... SP PC".
bool is_wait(const char *line) {
  u64 number, argument;
  if (!next_number(&line, &number)) return false;
  bool known = false;
  for (const u64 wait : kWaits) known = known || number == wait;
  // A wait that fills in a managed file is marked after it.
  while (known && next_number(&line, &argument))
    known = !in_working_range(reinterpret_cast<const void *>(argument));
  return known;
}

// false: there is no such thread any more.
bool look_at(u32 thread, bool *waits) {
  Text<64> path;
  path << "/proc/self/task/" << thread << "/syscall";
  char line[256];
  *waits = false;
  const long fd = sys::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (sys::failed(fd)) return fd != -ENOENT;
  const long n = sys::read(static_cast<int>(fd), line, sizeof line - 1);
  (void)sys::close(static_cast<int>(fd));
  if (sys::failed(n)) return n != -ESRCH;
  line[n] = 0;
  *waits = is_wait(line);
  return true;
}

}  // namespace

bool OtherThreads::knows(u32 thread) const {
  for (u64 i = 0; i < seen_.size(); ++i)
    if (seen_[i].thread == thread) return true;
  return false;
}

// A thread that ends during the listing can hide another one from it. Then the directory's count of them,
// made afterwards, is too large, unless as many have begun in between: the next look will see those that
// live.
bool OtherThreads::list(u32 self) {
  const long fd = sys::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (sys::failed(fd)) return false;
  alignas(DirectoryEntry) u8 buffer[4096];
  u64 count = 0;
  Status s;
  long n = 1;
  while (s.ok() && n > 0) {
    n = sys::call(SYS_getdents64, fd, sys::as_long(buffer), sizeof buffer);
    for (long at = 0; s.ok() && at < n;) {
      const DirectoryEntry *e = reinterpret_cast<const DirectoryEntry *>(buffer + at);
      const char *name = e->name;
      u64 thread;
      at += e->bytes;
      if (!next_number(&name, &thread)) continue;  // . and ..
      ++count;
      // One that is new has begun after the last complete look.
      if (thread != self && !knows(static_cast<u32>(thread)))
        s = seen_.push({static_cast<u32>(thread), complete_at_});
    }
  }
  struct stat st;
  const bool counted = !sys::failed(sys::fstat(static_cast<int>(fd), &st)) && st.st_nlink == count + 2;
  (void)sys::close(static_cast<int>(fd));
  return s.ok() && n == 0 && counted;
}

u64 OtherThreads::all_waited_at(u64 now) {
  const u32 self = static_cast<u32>(sys::call(SYS_gettid));
  const bool complete = list(self);
  u64 all = complete ? now : 0, kept = 0;
  for (u64 i = 0; i < seen_.size(); ++i) {
    Seen t = seen_[i];
    bool waits = true;
    if (t.thread != self && !look_at(t.thread, &waits)) continue;
    if (waits) t.waited_at = now;
    all = min_u64(all, t.waited_at);
    seen_[kept++] = t;
  }
  seen_.truncate(kept);
  if (complete) complete_at_ = now;
  return all;
}

}  // namespace snapshot
