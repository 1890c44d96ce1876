#include "commit/audit.h"

#include <stdlib.h>
#include <sys/single_threaded.h>

#include "base/message.h"
#include "base/syscall.h"
#include "media/medium.h"
#include "snapshot/abi.h"

namespace snapshot {
namespace {

constexpr u64 kReportsMax = 64;  // for a file; the others are counted only
constexpr u64 kBytesShown = 8;

bool is_marked(LineIndex line) { return __atomic_load_n(&line_map()[line], __ATOMIC_RELAXED) != 0; }

// The pages of the working copy that are the process's own, and so can differ from the file: anonymous ones,
// in memory or in swap (/proc/PID/pagemap, Documentation/admin-guide/mm/pagemap.rst). Without /proc: all.
class OwnPages {
 public:
  OwnPages() : fd_(sys::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}
  ~OwnPages() {
    if (!sys::failed(fd_)) (void)sys::close(static_cast<int>(fd_));
  }
  OwnPages(const OwnPages &) = delete;
  OwnPages &operator=(const OwnPages &) = delete;

  bool contains(WorkingAddr page) {
    constexpr u64 kPresent = u64{1} << 63, kSwapped = u64{1} << 62, kOfFile = u64{1} << 61;
    const u64 number = page.value / kPageBytes;
    if (number - first_ >= count_) read_from(number);
    if (number - first_ >= count_) return true;
    const u64 entry = entries_[number - first_];
    return (entry & (kPresent | kSwapped)) != 0 && (entry & kOfFile) == 0;
  }

 private:
  void read_from(u64 number) {
    first_ = number;
    count_ = 0;
    if (sys::failed(fd_)) return;
    const long n = sys::pread(static_cast<int>(fd_), entries_, sizeof entries_, number * sizeof(u64));
    if (!sys::failed(n)) count_ = static_cast<u64>(n) / sizeof(u64);
  }

  long fd_;
  u64 first_ = 0, count_ = 0;
  u64 entries_[256];
};

bool marked_after_all(LineIndex line) {
  if (__libc_single_threaded != 0) return is_marked(line);
  for (int i = 0; i < 1000; ++i) {
    if (is_marked(line)) return true;
    (void)sys::call(SYS_sched_yield);
  }
  return false;
}

class Auditor {
 public:
  explicit Auditor(ManagedFile &file) : file_(file) {}

  void look_at(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    const u64 size = file_.size.load(std::memory_order_relaxed);
    const LineIndex end =
        min_u64(range.end, file_.window().first_line + (size + kLineBytes - 1) / kLineBytes);
    for (LineIndex page = round_down(range.first, kLinesPerPage); page < end; page += kLinesPerPage) {
      const WorkingAddr at = address_of(page);
      // What cannot be read (a hole on a full disk, a failing one) cannot be compared; the commit will say
      // so.
      if (!own_.contains(at) || !copy_by_kernel(committed_, backing_of(at).ptr(), kPageBytes).ok()) continue;
      for (LineIndex line = max_u64(page, range.first); line < min_u64(page + kLinesPerPage, end); ++line) {
        const u64 bytes = min_u64(kLineBytes, size - (line - file_.window().first_line) * kLineBytes);
        look_at_line(line, committed_ + (line - page) * kLineBytes, bytes);
      }
    }
    if (found_ && file_.audit == AuditChoice::abort) ::abort();
  }

 private:
  void look_at_line(LineIndex line, const u8 *old, u64 bytes) SNAPSHOT_REQUIRES(file_.commit_lock) {
    alignas(kLineBytes) u8 now[kLineBytes];
    if (is_marked(line)) return;
    copy_line(now, address_of(line).ptr());
    u64 first = 0;
    while (first < bytes && now[first] == old[first]) ++first;
    if (first == bytes || marked_after_all(line)) return;
    u64 end = bytes;
    while (now[end - 1] == old[end - 1]) --end;
    found_ = true;
    ++file_.counters.lines_untracked;
    report(line, now, old, first, end);
    if (file_.audit == AuditChoice::fix) __snapshot_mark(address_of(line).ptr(), kLineBytes);
  }

  void report(LineIndex line, const u8 *now, const u8 *old, u64 first, u64 end)
      SNAPSHOT_REQUIRES(file_.commit_lock) {
    GrowBuffer<u64> &reported = file_.audited;
    if (reported.size() > kReportsMax) return;
    for (u64 i = 0; i < reported.size(); ++i)
      if (reported[i] == line) return;
    if (!reported.push(line).ok()) return;
    Message m;
    m << file_.path.c_str() << ": ";
    if (reported.size() > kReportsMax) {
      m << "more untracked stores, which are not shown";
    } else {
      const u64 address = address_of(line).value + first;
      m << end - first << " bytes at offset " << address - file_.base().value
        << " were stored untracked: were";
      show(&m, old, first, end);
      m << ", are";
      show(&m, now, first, end);
      m << (file_.audit == AuditChoice::fix ? "; committed all the same" : "; left out of the commit")
        << "; compile what stores them with snapcc, or call snapshot_log_range (gdb finds it: watch *(char "
           "*)";
      m.hex(address);
      m << ")";
    }
    say(Level::error, m);
  }

  static void show(Message *m, const u8 *bytes, u64 first, u64 end) {
    constexpr char digits[] = "0123456789abcdef";
    for (u64 i = first; i < min_u64(end, first + kBytesShown); ++i) {
      const char text[] = {' ', digits[bytes[i] >> 4], digits[bytes[i] & 15], 0};
      *m << text;
    }
    if (end - first > kBytesShown) *m << " ...";
  }

  ManagedFile &file_;
  OwnPages own_;
  bool found_ = false;
  alignas(kLineBytes) u8 committed_[kPageBytes];
};

}  // namespace

// The analysis does not know that the auditor's file is this one.
void audit_range(ManagedFile &file, LineRange range) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  Auditor(file).look_at(range);
}

}  // namespace snapshot
