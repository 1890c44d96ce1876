#include "commit/audit.h"

#include <stdlib.h>
#include <sys/single_threaded.h>

#include "base/message.h"
#include "base/syscall.h"
#include "commit/changed_lines.h"
#include "commit/pages.h"
#include "snapshot/abi.h"
#include "track/own_pages.h"

namespace snapshot {
namespace {

constexpr u64 kReportsMax = 64;  // for a file; the others are counted only
constexpr u64 kBytesShown = 8;

bool marked_after_all(ManagedFile &file, LineIndex line) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (file.track_pages) {
    // No mark follows such a store. Has it come since page tracking has looked?
    return mark_written_pages(file, {line, line + 1}).ok() && is_marked(line);
  }
  if (__libc_single_threaded != 0) return is_marked(line);
  for (int i = 0; i < 1000; ++i) {
    if (is_marked(line)) return true;
    (void)sys::call(SYS_sched_yield);
  }
  return false;
}

class Auditor {
 public:
  explicit Auditor(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock)
      : file_(file), page_(file.pages_to_compare.data() + PagePair::kBytes) {}

  void look_at(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    const u64 size = file_.size.load(std::memory_order_relaxed);
    const LineIndex end =
        min_u64(range.end, file_.window().first_line + (size + kLineBytes - 1) / kLineBytes);
    for (LineIndex page = round_down(range.first, kLinesPerPage); page < end; page += kLinesPerPage) {
      const WorkingAddr at = address_of(page);
      // What cannot be read cannot be compared; the commit will say so.
      if (!own_.contains(at.value) || !page_.read(file_.medium, at)) continue;
      for_each_unmarked_change(file_, {max_u64(page, range.first), min_u64(page + kLinesPerPage, end)}, size,
                               page_, [this](LineIndex line, u64 bytes) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
                                 look_at_line(line, bytes);
                               });
    }
    if (found_ && file_.audit == AuditChoice::abort) ::abort();
  }

 private:
  void look_at_line(LineIndex line, u64 bytes) SNAPSHOT_REQUIRES(file_.commit_lock) {
    if (marked_after_all(file_, line)) return;
    const u8 *now = page_.now(line), *old = page_.old(line);
    u64 first = 0, end = bytes;
    while (now[first] == old[first]) ++first;
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
  PagePair page_;
};

}  // namespace

// The analysis does not know that the auditor's file is this one.
void audit_range(ManagedFile &file, LineRange range) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  Auditor(file).look_at(range);
}

}  // namespace snapshot
