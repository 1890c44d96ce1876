#include "commit/small_redo.h"

#include "commit/few_lists.h"
#include "commit/redo.h"
#include "commit/unfenced.h"
#include "platform/thread_fence.h"

namespace snapshot {
namespace {

// Nothing but lines: the size has not changed, and nothing is to be compared or looked for. (Nor to be put
// back: memory media do not fail.)
bool has_only_lines(const ManagedFile &file, const Window &w) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 size = file.committed_size;
  return file.size.load(std::memory_order_relaxed) == size && file.file_size == size && file.log.is_open() &&
         file.pending.size() == 0 && !file.track_pages && file.audit == AuditChoice::off &&
         !file.unreadable.load(std::memory_order_relaxed) && !w.scan.load(std::memory_order_acquire);
}

// For a commit that is not to be: the lines are still listed, and are marked again.
SNAPSHOT_SLOW_PATH void mark_again(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  for (const u64 packed : file.runs) {
    const Run run = Run::unpack(packed);
    for (LineIndex l = run.first; l < run.end(); ++l)
      __atomic_store_n(&line_map()[l], u8{1}, __ATOMIC_RELAXED);
  }
  file.runs.clear();
}

// The private copy of the lines, and their runs. false: the file may not have its blocks yet.
bool fill(SmallRecord &record, const ManagedFile &file, u64 lines, const Window &w)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  u64 *run_table = record.runs();
  u8 *to = record.lines(lines);
  const u64 origin = run_in_record(w, 0);
  for (const u64 packed : file.runs) {
    *run_table++ = packed + origin;
    const Run run = Run::unpack(packed);
    if (SNAPSHOT_UNLIKELY(!is_prepared(run))) return false;
    const u8 *from = address_of(run.first).ptr();
    u64 left = run.count;
#pragma clang loop unroll(disable)
    do {
      copy_line(to, from);
      to += kLineBytes, from += kLineBytes;
    } while (--left != 0);
  }
  return true;
}

// Steps a to c. false: the commit is of another kind.
template <typename Lists>
__attribute__((always_inline)) inline bool take_from_lists(ManagedFile &file, LineRange range, Lists *lists,
                                                           Taken *taken) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (SNAPSHOT_UNLIKELY(!look_for_lists(file, lists))) return false;
  const u64 room = SmallRecord::kLinesMax;
  u64 left = lists->entries;
  if (SNAPSHOT_UNLIKELY(left == 0 || left > room || file.runs.capacity() < room)) return false;
  file.runs.clear();
  for (const ListedHere &one : *lists) {
    left -= one.count;  // those of the lists that follow need room, too
    const u64 room_now = room - taken->lines - left;
    if (SNAPSHOT_UNLIKELY(take_entries(file, one.begin, one.count, range, room_now, taken) != one.count)) {
      mark_again(file);
      return false;
    }
  }
  return true;
}

// Step d, or what unfenced.h has instead: then *fenced is false.
bool fence_now_or_later(ManagedFile &file, u64 lines, bool *fenced) SNAPSHOT_REQUIRES(file.commit_lock) {
  *fenced = SNAPSHOT_LIKELY(__libc_single_threaded != 0) || !has_room(file.unfenced, lines);
  if (SNAPSHOT_UNLIKELY(!*fenced)) return true;
  bool called = false;
  if (SNAPSHOT_UNLIKELY(!thread_fence(&called).ok())) return false;
  if (SNAPSHOT_UNLIKELY(called)) {
    ++file.counters.thread_fences;
    look_at_unfenced(file);
    file.unfenced.count = 0;
  }
  return true;
}

// The order of steps, and why it holds: redo.h. Whatever can fail comes before the first of them; until then
// the entries stay in the lists, so that to mark their lines again is all that is to be undone.
template <typename Lists>
__attribute__((always_inline)) inline bool commit_lists(ManagedFile &file, LineRange range)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const Window &w = file.window();
  Lists lists;
  Taken taken;
  if (SNAPSHOT_UNLIKELY(!take_from_lists(file, range, &lists, &taken))) return false;
  const u64 lines = taken.lines, run_count = file.runs.size();
  const u64 record_bytes = format::record_bytes(run_count, lines);
  bool fenced;
  if (SNAPSHOT_UNLIKELY(lines == 0 || record_bytes > file.record.capacity() ||
                        !has_room_for_record(file.log, record_bytes) ||
                        !fence_now_or_later(file, lines, &fenced))) {
    mark_again(file);
    return false;
  }
  SNAPSHOT_STEP("commit-prepared");
  const u64 size = file.committed_size;
  SmallRecord record(file.log, {format::kRedoMagic, run_count, lines, size, size, 0}, file.record.data());
  if (SNAPSHOT_UNLIKELY(!fill(record, file, lines, w))) {
    mark_again(file);
    return false;
  }
  SNAPSHOT_STEP("commit-copied");
  record.seal();
  const u8 *const logged = file.record.data() + lines_offset(run_count);
  complete_redo(file, lines, size, logged);
  if (SNAPSHOT_UNLIKELY(!fenced)) keep_unfenced(file, logged);
  for (const ListedHere &one : lists) leave_list(one);
  ++file.counters.commits;
  return true;
}

__attribute__((noinline)) bool commit_few_lists(ManagedFile &file, LineRange range)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  return commit_lists<FewLists>(file, range);
}

}  // namespace

bool commit_small_redo(ManagedFile &file, LineRange range) {
  if (SNAPSHOT_UNLIKELY(file.unfenced.count != 0)) look_at_unfenced(file);
  if (SNAPSHOT_UNLIKELY(!has_only_lines(file, file.window()))) return false;
  if (SNAPSHOT_LIKELY(commit_lists<SoleList>(file, range))) return true;
  return __libc_single_threaded == 0 && commit_few_lists(file, range);
}

}  // namespace snapshot
