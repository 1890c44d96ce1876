#include "commit/gather.h"

#include "commit/few_lists.h"
#include "commit/unfenced.h"

namespace snapshot {
namespace {

bool is_marked(LineIndex line) { return __atomic_load_n(&line_map()[line], __ATOMIC_RELAXED) != 0; }
void set_mark(LineIndex line) { __atomic_store_n(&line_map()[line], u8{1}, __ATOMIC_RELAXED); }

// Eight marks at once. A window starts and ends at multiples of eight lines.
bool any_of_eight(LineIndex line) {
  typedef u64 Word __attribute__((may_alias));
  return __atomic_load_n(reinterpret_cast<Word *>(&line_map()[line]), __ATOMIC_RELAXED) != 0;
}

void ask_for_scan(const ManagedFile &file) { windows[file.slot].scan.store(true, std::memory_order_release); }

// The lines of the window that can be marked: up to the end of the file, or, as long as a cut waits for its
// commit, to where it ended before.
LineRange lines_of_data(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  const Window &w = file.window();
  const u64 bytes = round_up(max_u64(file.size.load(std::memory_order_relaxed), file.file_size), kPageBytes);
  return {w.first_line, w.first_line + min_u64(bytes / kLineBytes, w.line_count)};
}

// Step a of the protocol in track/mark.cc. An announced line may not be marked yet, or may be written to
// before its mark: mark it on its owner's behalf, so that it is taken like the others.
SNAPSHOT_SLOW_PATH Status take_announcements_of(Thread *thread, ManagedFile &file, LineRange range)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  for (auto &slot : thread->announced) {
    const u64 packed = slot.load(std::memory_order_acquire);
    // A stack: while this slot was free, so were the ones behind it.
    if (packed == 0) break;
    const Run run = Run::unpack(packed);
    if (slot_of(run.first) != file.slot) continue;
    for (LineIndex l = max_u64(run.first, range.first); l < min_u64(run.end(), range.end); ++l) set_mark(l);
    if (Status s = file.pending.push(packed); !s.ok()) return s;
  }
  return kOk;
}
Status take_announcements(ManagedFile &file, LineRange range) SNAPSHOT_REQUIRES(file.commit_lock) {
  for (Thread *t = first_thread(); t != nullptr; t = t->next)
    if (SNAPSHOT_UNLIKELY(t->announced[0].load(std::memory_order_acquire) != 0))
      if (Status s = take_announcements_of(t, file, range); !s.ok()) return s;
  return kOk;
}

// Step b.
__attribute__((noinline)) Status take_lists(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  Status s;
  for (Thread *t = first_thread(); t != nullptr; t = t->next) {
    FileLists *lists = t->lists[file.slot].load(std::memory_order_acquire);
    if (lists == nullptr) continue;
    const u32 deepest = lists->deepest.load(std::memory_order_acquire);
    for (u32 level = 0; level <= deepest; ++level)
      lists->level[level].take_all([&](const u64 *runs, u64 count) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
        if (Status added = file.pending.append(runs, count); SNAPSHOT_UNLIKELY(!added.ok())) s = added;
      });
  }
  return s;
}

// Rebuilds file.pending from the line map. unlisted: there may be marks without entries, also beyond the end
// that is known, where the file has grown behind our back. Else what is listed there stays.
Status scan_everything(ManagedFile &file, bool unlisted) SNAPSHOT_REQUIRES(file.commit_lock) {
  const LineRange data = lines_of_data(file);
  u64 kept = 0;
  for (const u64 packed : file.pending)
    if (!unlisted && Run::unpack(packed).end() > data.end) file.pending[kept++] = packed;
  file.pending.truncate(kept);
  const Window &w = file.window();
  const LineIndex end = unlisted ? w.first_line + w.line_count : data.end;
  for (LineIndex l = data.first; l < end; l += 8)
    if (SNAPSHOT_UNLIKELY(any_of_eight(l)))
      if (Status s = file.pending.push(Run{l, 8}.packed()); !s.ok()) return s;
  return kOk;
}

// Collects marked lines into file.runs, clearing their marks (step c). What cannot be kept is marked again.
class Taker {
 public:
  Taker(GrowBuffer<u64> &out, const Taken &taken) : out_(out), taken_(taken) {}

  void take(LineIndex line) {
    u8 *mark = &line_map()[line];
    if (__atomic_load_n(mark, __ATOMIC_RELAXED) == 0) return;
    // A thread that sets the mark between these two has stored before; the caller's thread fence comes after,
    // so that the copy of the line has the store.
    __atomic_store_n(mark, u8{0}, __ATOMIC_RELAXED);
    if (line != end_ || line - first_ == Run::kCountMax) {
      end_run();
      first_ = line;
    }
    end_ = line + 1;
  }
  // To be called last.
  Status finish(Taken *taken) {
    end_run();
    *taken = taken_;
    return status_;
  }

 private:
  void end_run() {
    if (end_ == 0) return;
    const Status s = out_.push(Run{first_, end_ - first_}.packed());
    if (SNAPSHOT_LIKELY(s.ok())) {
      taken_.lines += end_ - first_;
      taken_.end = max_u64(taken_.end, end_);
    } else {
      status_ = s;
      for (LineIndex l = first_; l < end_; ++l) set_mark(l);
    }
    end_ = 0;
  }

  GrowBuffer<u64> &out_;
  LineIndex first_ = 0, end_ = 0;  // the run being put together; end 0: none (line 0's end is 1)
  Taken taken_;
  Status status_;
};

bool any_marked(Run run) {
  for (LineIndex l = run.first; l < run.end(); ++l)
    if (is_marked(l)) return true;
  return false;
}

// Whether the line map is looked at instead of so many entries: a program that commits page by page must not
// pay for all its pages each time.
bool is_short(LineRange range, u64 entries) { return (range.end - range.first) / 8 < entries; }

// Stale entries may not pile up for ever: beyond this a look at the whole line map is cheaper than the list.
bool too_many(const ManagedFile &file, u64 entries) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (SNAPSHOT_LIKELY(entries <= 4096)) return false;
  const LineRange data = lines_of_data(file);
  return entries > 4096 + (data.end - data.first) / 8;
}

// Steps b and c. Mostly the entries are taken where they are, all of them: then nothing is pending. All lists
// have been looked at before the first mark is cleared, as ever (marked_meanwhile).
Status take_from_lists(ManagedFile &file, LineRange range, Taken *taken) SNAPSHOT_REQUIRES(file.commit_lock) {
  SoleList sole;
  if (SNAPSHOT_UNLIKELY(!look_for_lists(file, &sole))) return take_lists(file);
  const u64 count = sole.entries;
  if (count == 0) return kOk;
  if (SNAPSHOT_UNLIKELY(is_short(range, count) || too_many(file, count))) return take_lists(file);
  if (Status s = file.runs.reserve(count); SNAPSHOT_UNLIKELY(!s.ok())) return take_lists(file);
  const u64 done = take_entries(file, sole.one.begin, count, range, file.runs.capacity(), taken);
  if (SNAPSHOT_UNLIKELY(done != count))
    if (Status s = file.pending.append(sole.one.begin + done, count - done); !s.ok()) return s;
  leave_list(sole.one);
  return kOk;
}

// Step c. Runs with marked lines left, which are those outside the range, stay pending.
Status take_from_pending(ManagedFile &file, LineRange range, Taken *taken)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const Window &w = file.window();
  const u64 count = file.pending.size();
  if (Status s = file.runs.reserve(file.runs.size() + count); SNAPSHOT_UNLIKELY(!s.ok())) return s;
  const u64 room = file.runs.capacity() - file.runs.size();
  const u64 done = take_entries(file, file.pending.begin(), count, range, room, taken);
  Taker taker(file.runs, *taken);
  u64 kept = 0;
  for (u64 i = done; i < count; ++i) {
    const Run run = Run::unpack(file.pending[i]);
    if (SNAPSHOT_LIKELY(run.first >= range.first && run.end() <= range.end)) {
      for (LineIndex l = run.first; l < run.end(); ++l) taker.take(l);
      continue;
    }
    const LineIndex end = min_u64(run.end(), range.end);
    for (LineIndex l = max_u64(run.first, range.first); l < end; ++l) taker.take(l);
    // A late entry for a file that had this window before may lie anywhere.
    const bool ours = run.first >= w.first_line && run.end() <= w.first_line + w.line_count;
    if (ours && any_marked(run)) file.pending[kept++] = run.packed();
  }
  file.pending.truncate(kept);
  return taker.finish(taken);
}

// Step c from the line map. The entries in the list become stale.
Status take_from_map(ManagedFile &file, LineRange range, Taken *taken) SNAPSHOT_REQUIRES(file.commit_lock) {
  Taker taker(file.runs, *taken);
  for (LineIndex l = round_down(range.first, 8); l < range.end; l += 8) {
    if (SNAPSHOT_LIKELY(!any_of_eight(l))) continue;
    for (LineIndex k = max_u64(l, range.first); k < min_u64(l + 8, range.end); ++k) taker.take(k);
  }
  return taker.finish(taken);
}

// What is left of a gather once the lists have been taken from, with that result: what is pending, and scan,
// whether the line map is asked for.
SNAPSHOT_SLOW_PATH Status take_the_rest(ManagedFile &file, LineRange range, Status s, bool scan, Taken *taken)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  if (s.ok() && (scan || too_many(file, file.pending.size()))) s = scan_everything(file, scan);
  if (s.ok())
    s = is_short(range, file.pending.size()) ? take_from_map(file, range, taken)
                                             : take_from_pending(file, range, taken);
  if (s.ok()) return kOk;
  // Entries are out of the lists and have no other place. And a line that was marked on its owner's behalf,
  // or is marked again here, is one that the owner, finding it marked, need not list any more.
  put_back(file);
  ask_for_scan(file);
  *taken = {};
  return s;
}

}  // namespace

Status gather(ManagedFile &file, LineRange range, Taken *taken) {
  *taken = {};
  file.runs.clear();
  if (SNAPSHOT_UNLIKELY(file.unfenced.count != 0)) look_at_unfenced(file);
  // Before the lists: a failure that is noted now must find the marks that made it.
  std::atomic<bool> &wanted = windows[file.slot].scan;
  const bool scan = SNAPSHOT_UNLIKELY(wanted.load(std::memory_order_acquire)) &&
                    wanted.exchange(false, std::memory_order_acq_rel);
  Status s = take_announcements(file, range);
  if (SNAPSHOT_UNLIKELY(!s.ok())) return take_the_rest(file, range, s, scan, taken);
  const bool directly = SNAPSHOT_LIKELY(!scan && file.pending.size() == 0);
  s = directly ? take_from_lists(file, range, taken) : take_lists(file);
  if (SNAPSHOT_LIKELY(s.ok() && !scan && file.pending.size() == 0)) return kOk;
  return take_the_rest(file, range, s, scan, taken);
}

bool announces(const Thread &thread, Slot slot) {
  for (const auto &announced : thread.announced) {
    const u64 packed = announced.load(std::memory_order_acquire);
    // A stack: while this one was free, so were the ones behind it.
    if (SNAPSHOT_LIKELY(packed == 0)) return false;
    if (slot_of(Run::unpack(packed).first) == slot) return true;
  }
  return false;
}

bool marked_meanwhile(const ManagedFile &file) {
  // In this order: an entry is older than the withdrawal of its announcement.
  for (const Thread *t = first_thread(); t != nullptr; t = t->next)
    if (SNAPSHOT_UNLIKELY(announces(*t, file.slot))) return true;
  for (const Thread *t = first_thread(); t != nullptr; t = t->next) {
    const FileLists *lists = t->lists[file.slot].load(std::memory_order_acquire);
    if (lists == nullptr) continue;
    const u32 deepest = lists->deepest.load(std::memory_order_acquire);
    for (u32 level = 0; level <= deepest; ++level)
      if (!lists->level[level].empty()) return true;
  }
  return windows[file.slot].scan.load(std::memory_order_acquire);
}

void put_back_run(ManagedFile &file, Run run) {
  for (LineIndex l = run.first; l < run.end(); ++l) set_mark(l);
  if (!file.pending.push(run.packed()).ok()) ask_for_scan(file);
}

void put_back(ManagedFile &file) {
  for (u64 i = 0; i < file.runs.size(); ++i) put_back_run(file, Run::unpack(file.runs[i]));
  file.runs.clear();
}

u64 count_dirty(ManagedFile &file) {
  const Window &w = file.window();
  Taken taken;
  if (!gather(file, {w.first_line, w.first_line + w.line_count}, &taken).ok()) return 0;
  put_back(file);
  return taken.lines;
}

}  // namespace snapshot
