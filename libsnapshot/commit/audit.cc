#include "commit/audit.h"

#include <stdlib.h>
#include <sys/single_threaded.h>

#include <atomic>

#include "base/message.h"
#include "base/syscall.h"
#include "commit/changed_lines.h"
#include "commit/pages.h"
#include "platform/parts.h"
#include "snapshot/abi.h"
#include "track/own_pages.h"

namespace snapshot {
namespace {

constexpr u64 kReportsMax = 64;  // for a file; the others are counted only
constexpr u64 kBytesShown = 8;
// Whether the process has been told which of its parts may have made the stores that are reported.
std::atomic<bool> parts_named{false};
// How often threads that are about to wait, or to mark, get the time to.
constexpr int kLooks = 20;

class Auditor {
 public:
  explicit Auditor(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock)
      : file_(file), state_(file.audited), page_(file.pages_to_compare.data() + PagePair::kBytes) {}

  void look_at(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    ++state_.looks;
    find_suspects(range);
    settle(range);
    if (file_.audit == AuditChoice::fix) release_marked(range);
    if (convicted_ && file_.audit == AuditChoice::abort) ::abort();
  }

  void finish(bool nobody_stores) SNAPSHOT_REQUIRES(file_.commit_lock) {
    const Window &w = file_.window();
    const LineRange all{w.first_line, w.first_line + w.line_count};
    if (nobody_stores)
      judge(all, state_.looks);
    else
      settle(all);
    // What has been committed since it was looked at is in the file.
    u64 undecided = 0;
    for (const Suspects &s : state_.suspects)
      if (s.since <= state_.looks) undecided += s.end - s.first;
    if (undecided != 0) report_undecided(undecided);
    if (convicted_ && file_.audit == AuditChoice::abort) ::abort();
  }

 private:
  // Of the lines in range makes state_.suspects anew; a line that was one before stays one since then.
  void find_suspects(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    const u64 size = file_.size.load(std::memory_order_relaxed);
    const LineIndex end =
        min_u64(range.end, file_.window().first_line + (size + kLineBytes - 1) / kLineBytes);
    state_.before.swap(state_.suspects);
    state_.suspects.clear();
    for (const Suspects &s : state_.before) suspect({s.first, min_u64(s.end, range.first), s.since});
    u64 at = 0;  // of state_.before, which is in order
    for (LineIndex page = round_down(range.first, kLinesPerPage); page < end; page += kLinesPerPage) {
      const WorkingAddr address = address_of(page);
      // What cannot be read cannot be compared; the commit will say so.
      if (!own_.contains(address.value) || !page_.read(file_.medium, address)) continue;
      for_each_unmarked_change(file_, {max_u64(page, range.first), min_u64(page + kLinesPerPage, end)}, size,
                               page_, [&](LineIndex line, u64 bytes) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
                                 while (at < state_.before.size() && state_.before[at].end <= line) ++at;
                                 const bool known =
                                     at < state_.before.size() && state_.before[at].first <= line;
                                 found(line, bytes, known ? state_.before[at].since : state_.looks);
                               });
    }
    for (const Suspects &s : state_.before) suspect({max_u64(s.first, range.end), s.end, s.since});
  }

  void found(LineIndex line, u64 bytes, u64 since) SNAPSHOT_REQUIRES(file_.commit_lock) {
    // With page tracking no mark follows such a store. Has it come since page tracking has looked?
    const bool final = file_.track_pages || __libc_single_threaded != 0;
    if (file_.track_pages && mark_written_pages(file_, {line, line + 1}).ok() && is_marked(line)) return;
    if (final)
      convict(line, bytes);
    else
      suspect({line, line + 1, since});
  }

  void suspect(Suspects added) {
    if (added.first >= added.end) return;
    const u64 count = state_.suspects.size();
    if (count != 0 && state_.suspects[count - 1].end == added.first &&
        state_.suspects[count - 1].since == added.since)
      state_.suspects[count - 1].end = added.end;
    else
      (void)state_.suspects.push(added);  // without memory: the next commit will find it
  }

  bool any_unmarked(LineRange range) const {
    for (const Suspects &s : state_.suspects)
      for (LineIndex line = max_u64(s.first, range.first); line < min_u64(s.end, range.end); ++line)
        if (!is_marked(line)) return true;
    return false;
  }

  // Clears and convicts those in range, as far as it can be known now.
  void settle(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    if (!any_unmarked(range)) return judge(range, 0);
    u64 waited = 0;
    for (int i = 0; i < kLooks && waited < state_.looks && any_unmarked(range); ++i) {
      if (i != 0) (void)sys::call(SYS_sched_yield);
      waited = state_.threads.all_waited_at(state_.looks);
    }
    // The threads after the lines, and the marks after the threads: a thread that waits has marked what it
    // had stored when the line was compared.
    judge(range, waited);
  }

  // waited: the look since which every other thread was seen waiting.
  void judge(LineRange range, u64 waited) SNAPSHOT_REQUIRES(file_.commit_lock) {
    state_.before.swap(state_.suspects);
    state_.suspects.clear();
    for (const Suspects &s : state_.before) {
      const LineIndex first = min_u64(max_u64(s.first, range.first), s.end);
      const LineIndex end = max_u64(min_u64(s.end, range.end), first);
      suspect({s.first, first, s.since});
      for (LineIndex line = first; line < end; ++line) {
        if (is_marked(line)) continue;
        if (s.since > waited)
          suspect({line, line + 1, s.since});
        else
          compare_and_convict(line);
      }
      suspect({end, s.end, s.since});
    }
  }

  // It may have changed since it was found, back to what the file has, too.
  void compare_and_convict(LineIndex line) SNAPSHOT_REQUIRES(file_.commit_lock) {
    const WorkingAddr page = address_of(round_down(line, kLinesPerPage));
    const u64 size = file_.size.load(std::memory_order_relaxed);
    if (!page_.read(file_.medium, page)) return;
    for_each_unmarked_change(file_, {line, line + 1}, size, page_,
                             [this](LineIndex l, u64 bytes)
                                 SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS { convict(l, bytes); });
  }

  void convict(LineIndex line, u64 bytes) SNAPSHOT_REQUIRES(file_.commit_lock) {
    const u8 *now = page_.now(line), *old = page_.old(line);
    u64 first = 0, end = bytes;
    while (now[first] == old[first]) ++first;
    while (now[end - 1] == old[end - 1]) --end;
    convicted_ = true;
    ++file_.counters.lines_untracked;
    report(line, now, old, first, end);
    if (file_.audit == AuditChoice::fix) __snapshot_mark(address_of(line).ptr(), kLineBytes);
  }

  // Suspects are committed, too; so there is nothing left to find out about them.
  void release_marked(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    for (const Suspects &s : state_.suspects) {
      const LineIndex first = max_u64(s.first, range.first), end = min_u64(s.end, range.end);
      if (first < end) __snapshot_mark(address_of(first).ptr(), (end - first) * kLineBytes);
    }
    judge(range, 0);
  }

  void report(LineIndex line, const u8 *now, const u8 *old, u64 first, u64 end)
      SNAPSHOT_REQUIRES(file_.commit_lock) {
    GrowBuffer<u64> &reported = state_.reported;
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
    // Page tracking finds whatever they store.
    if (file_.track_pages || parts_named.exchange(true, std::memory_order_relaxed)) return;
    Message parts;
    parts << "not instrumented (snapctl check says more), and perhaps what has stored them: ";
    if (name_what_is_not_instrumented(&parts)) say(Level::error, parts);
  }

  void report_undecided(u64 lines) SNAPSHOT_REQUIRES(file_.commit_lock) {
    Message m;
    m << file_.path.c_str() << ": " << lines << " changed lines, the first at offset "
      << address_of(state_.suspects[0].first).value - file_.base().value
      << ", were left out of a commit: stored untracked, or by a thread that has been storing to them ever "
         "since; "
         "let it wait somewhere, or end it, before the process ends";
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
  AuditState &state_;
  OwnPages own_;
  bool convicted_ = false;
  PagePair page_;
};

}  // namespace

// The analysis does not know that the auditor's file is this one.
void audit_range(ManagedFile &file, LineRange range) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  Auditor(file).look_at(range);
}

void audit_taken(ManagedFile &file) {
  for (Suspects &s : file.audited.suspects)
    for (const u64 packed : file.runs) {
      const Run run = Run::unpack(packed);
      if (run.first < s.end && run.end() > s.first) s.since = file.audited.looks + 1;
    }
}

void finish_audit(ManagedFile &file, bool nobody_stores) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if (file.audited.suspects.size() != 0) Auditor(file).finish(nobody_stores);
}

}  // namespace snapshot
