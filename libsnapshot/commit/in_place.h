// What all protocols do with a commit's lines beside logging them.
//
// A backup may be copying the data file meanwhile (recovery/copy_in_use.h). So whatever stores lines to it
// does that between begin_in_place and end_in_place, which tells a backup of them.
#pragma once
#include "base/run.h"
#include "commit/working_copy.h"
#include "log/log_writer.h"

namespace snapshot {

// The first line that does not lie wholly before size.
inline LineIndex first_partial_line(const ManagedFile &file, u64 size) {
  return file.window().first_line + size / kLineBytes;
}

// Clears what of count lines from first on, given as bytes one after the other, lies at or beyond size: bytes
// there are no part of the file, and count as zeros in the log and in the file.
SNAPSHOT_SLOW_PATH void clear_beyond(const ManagedFile &file, LineIndex first, u64 count, u64 size,
                                     u8 *lines);

// A run as a record has it, counted from the start of the file.
inline u64 run_in_record(const Window &w, u64 packed) {
  static_assert(Run::kCountBits == format::kRunCountBits);
  return packed - (w.first_line << Run::kCountBits);
}

inline void write_runs(u64 *to, const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 origin = run_in_record(file.window(), 0);
  for (const u64 packed : file.runs) *to++ = packed + origin;
}

// A private copy of the commit's new lines, one run after the other, where to(count) says for the next count
// lines. Other threads may be storing: whatever they store after the thread fence has marked its line again.
template <typename To>
void copy_new_lines(ManagedFile &file, To to) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 size = file.size.load(std::memory_order_relaxed);
  const LineIndex partial = first_partial_line(file, size);
  const bool unreadable = file.unreadable.load(std::memory_order_relaxed);
  const u64 simple_end = SNAPSHOT_UNLIKELY(unreadable) ? 0 : partial << Run::kCountBits;
  for (const u64 packed : file.runs) {
    const Run run = Run::unpack(packed);
    // As most runs of a small commit are.
    if (SNAPSHOT_LIKELY(run.count == 1) && SNAPSHOT_LIKELY(packed < simple_end)) {
      copy_line(to(1), address_of(run.first).ptr());
      continue;
    }
    for (LineIndex l = run.first; l < run.end();) {
      const u64 n = min_u64(run.end() - l, RecordWriter::kPieceLines);
      u8 *const begin = to(n);
      if (SNAPSHOT_UNLIKELY(unreadable))
        read_restricted(begin, address_of(l).ptr(), n * kLineBytes);
      else
        copy_lines(begin, address_of(l).ptr(), n);
      l += n;
      if (SNAPSHOT_UNLIKELY(l > partial)) clear_beyond(file, l - n, n, size, begin);
    }
  }
}

// Makes the backing range of runs ready to be written without a signal. ENOSPC, EIO, ENOMEM.
SNAPSHOT_SLOW_PATH Status prepare_backing_slowly(ManagedFile &file, const GrowBuffer<u64> &runs)
    SNAPSHOT_REQUIRES(file.commit_lock);
inline Status prepare_backing(ManagedFile &file, const GrowBuffer<u64> &runs)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  // The page map is of memory media only: it says no for all others.
  for (const u64 packed : runs)
    if (SNAPSHOT_UNLIKELY(!is_prepared(Run::unpack(packed)))) return prepare_backing_slowly(file, runs);
  return kOk;
}

// The data file is at no commit boundary from here on. A second time, after a failure, changes nothing.
inline void begin_in_place(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  std::atomic<u64> &turn = file.board->turn;
  turn.store(turn.load(std::memory_order_relaxed) | 1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

// Storing failed: it will be done again, or undone, before anything else.
inline void fail_in_place(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  file.board->failed_turn.store(file.board->turn.load(std::memory_order_relaxed), std::memory_order_release);
}

// Everything is stored, and the file is of this size. true: a backup is going on, and has to be told what was
// stored (tell_backup). No fence orders the load behind the stores, since the backup executes one on every
// processor (membarrier) after it has set what is loaded here: if the load does not see it, it came before
// that fence, and so did the stores, which the backup's reads then find.
[[nodiscard]] inline bool backup_asks(ManagedFile &file, u64 size) SNAPSHOT_REQUIRES(file.commit_lock) {
  file.board->size.store(size, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return file.board->backup.load(std::memory_order_relaxed) != 0;
}

// Of whole records, in memory one after the other (page-cache media).
SNAPSHOT_SLOW_PATH void tell_backup(ManagedFile &file, const u8 *records, const u8 *end)
    SNAPSHOT_REQUIRES(file.commit_lock);
// Of a commit: the runs are in the record, the lines are these, and this is the size.
SNAPSHOT_SLOW_PATH void tell_backup(ManagedFile &file, const u8 *record, const u8 *lines, u64 size)
    SNAPSHOT_REQUIRES(file.commit_lock);

// The data file is at a commit boundary again, and a backup has been told.
inline void end_in_place(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  std::atomic<u64> &turn = file.board->turn;
  turn.store(turn.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

// The lines of runs, one after the other in from, to where they belong.
Status copy_to_backing_by_steps(const Medium &medium, const GrowBuffer<u64> &runs, const u8 *from);
inline Status copy_to_backing(const Medium &medium, const GrowBuffer<u64> &runs, const u8 *from) {
#if !defined(SNAPSHOT_TESTING)
  if (SNAPSHOT_LIKELY(medium.is_memory())) {
    medium.copy_runs(runs.begin(), runs.size(), from);
    return kOk;
  }
#endif
  return copy_to_backing_by_steps(medium, runs, from);
}

}  // namespace snapshot
