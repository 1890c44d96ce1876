// What most commits have to take: the entries of one thread's list, or a few threads', where they are.
//
// Written out where it is used (small_redo.cc, gather.cc), because small commits are bound by instructions.
#pragma once
#include <bit>

#include "commit/gather.h"
#include "track/thread.h"

namespace snapshot {

// The entries of a thread's list.
struct ListedHere {
  Thread *thread;
  DirtyList *list;
  const u64 *begin;
  u64 count;
};

// The lists that have entries: one at most, or a few.
struct SoleList {
  u64 entries = 0;
  ListedHere one;

  bool add(const ListedHere &more) {
    if (SNAPSHOT_UNLIKELY(entries != 0)) return false;
    one = more;
    entries = more.count;
    return true;
  }
  // With entries.
  const ListedHere *begin() const { return &one; }
  const ListedHere *end() const { return &one + 1; }
};
struct FewLists {
  u64 entries = 0;  // of all of them
  u64 count = 0;
  ListedHere lists[8];

  bool add(const ListedHere &more) {
    if (SNAPSHOT_UNLIKELY(count == sizeof lists / sizeof lists[0])) return false;
    lists[count++] = more;
    entries += more.count;
    return true;
  }
  const ListedHere *begin() const { return lists; }
  const ListedHere *end() const { return lists + count; }
};

SNAPSHOT_SLOW_PATH bool announces(const Thread &thread, Slot slot);

// Steps a and b of the protocol in track/mark.cc, without moving anything: of each thread its announcements,
// and then its list. false: too many threads have stored between two commits, or a handler has, or something
// of the file is announced, or a list does not lie together.
template <typename Lists>
inline bool look_for_lists(const ManagedFile &file, Lists *out) SNAPSHOT_REQUIRES(file.commit_lock) {
  const Slot slot = file.slot;
  for (Thread *t = first_thread(); t != nullptr; t = t->next) {
    if (SNAPSHOT_UNLIKELY(t->announced[0].load(std::memory_order_acquire) != 0) && announces(*t, slot))
      return false;
    FileLists *lists = t->lists[slot].load(std::memory_order_acquire);
    if (lists == nullptr) continue;
    DirtyList::Entries entries;
    if (SNAPSHOT_UNLIKELY(lists->deepest.load(std::memory_order_acquire) != 0)) return false;
    if (SNAPSHOT_UNLIKELY(!lists->level[0].look(&entries))) return false;
    if (entries.count == 0) continue;
    if (SNAPSHOT_UNLIKELY(!out->add({t, &lists->level[0], entries.begin, entries.count}))) return false;
  }
  return true;
}

// Step c for the entries that come first, as long as their lines lie in the range and wholly before the end
// of the file and are not too many: clears the marks and adds the runs to file.runs. How many entries that
// were. room: how many more runs there is room for, and so the most lines that are taken; at least count.
// Marks are bytes, so that to the compiler a store to one may change anything that lies in memory: all that
// is needed is in variables of its own.
__attribute__((always_inline)) inline u64 take_entries(ManagedFile &file, const u64 *entries, u64 count,
                                                       LineRange range, u64 room, Taken *taken)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const LineIndex end =
      min_u64(range.end, file.window().first_line + file.size.load(std::memory_order_relaxed) / kLineBytes);
  const u64 lines = end < range.first ? 0 : end - range.first;
  const u64 first_packed = Run{range.first, 1}.packed();
  u8 *const marks = &line_map()[range.first];
  u64 *const runs = file.runs.begin();
  u64 *to = file.runs.end();
  u64 next = ~u64{0}, done = 0;
  // Of a line of the range, by number within it.
  const auto take_line = [&](u64 line, u64 packed) __attribute__((always_inline)) {
    if (SNAPSHOT_UNLIKELY(__atomic_load_n(&marks[line], __ATOMIC_RELAXED) == 0)) return;  // a stale entry
    // A thread that sets the mark between these two has stored before; the caller's thread fence comes after,
    // so that the copy of the line has the store, or what stands for the fence finds it (unfenced.h).
    __atomic_store_n(&marks[line], u8{0}, __ATOMIC_RELAXED);
    if (SNAPSHOT_UNLIKELY(line == next) && Run::unpack(to[-1]).count != Run::kCountMax)
      ++to[-1];
    else
      *to++ = packed;
    next = line + 1;
    ++done;
  };
  const u64 *at = entries;
  for (const u64 *const stop = entries + count; at != stop; ++at) {
    const u64 packed = *at;
    // Any other count than 1 makes the number large, as a line before the range does.
    const u64 line = std::rotr(packed - first_packed, Run::kCountBits);
    if (SNAPSHOT_LIKELY(line < lines)) {
      take_line(line, packed);
      continue;
    }
    const Run run = Run::unpack(packed);
    // Each of the entries that follow may need a run, too.
    const u64 room_now = room - done - static_cast<u64>(stop - at) + 1;
    if (SNAPSHOT_UNLIKELY(run.first < range.first || run.end() > end || run.count > room_now)) break;
    for (LineIndex l = run.first; l < run.end(); ++l) take_line(l - range.first, Run{l, 1}.packed());
  }
  file.runs.truncate(static_cast<u64>(to - runs));
  taken->lines += done;
  taken->end = max_u64(taken->end, end);
  return static_cast<u64>(at - entries);
}

// The entries have been taken. The thread's own list begins again at its begin. An announcement keeps
// handlers away from the list of level 0; this one says nothing of any file: no window has line 0.
inline void leave_list(const ListedHere &one) {
  one.list->drop({one.begin, one.count});
  if (SNAPSHOT_UNLIKELY(one.thread != current_thread)) return;
  std::atomic<u64> &level0 = one.thread->announced[0];
  if (SNAPSHOT_UNLIKELY(level0.load(std::memory_order_relaxed) != 0)) return;
  level0.store(Run{0, 1}.packed(), std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  one.list->rewind();
  std::atomic_signal_fence(std::memory_order_seq_cst);
  level0.store(0, std::memory_order_release);
}

}  // namespace snapshot
