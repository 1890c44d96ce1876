#include "commit/undo.h"

#include <algorithm>

#include "base/step.h"
#include "commit/gather.h"
#include "commit/in_place.h"
#include "platform/thread_fence.h"

namespace snapshot {
namespace {

// Sorts the runs and merges those that overlap or touch; returns their lines. Of a line that was taken twice
// two private copies would count for the digest, and only the later one be what the file holds: recovery
// would find that they do not match, and undo a commit that has returned.
u64 merge_runs(GrowBuffer<u64> &runs) {
  bool ascending = true;
  for (u64 i = 1; i < runs.size(); ++i)
    ascending = ascending && Run::unpack(runs[i - 1]).end() < Run::unpack(runs[i]).first;
  // std::sort calls memmove, which this library interposes.
  if (!ascending) {
    std::make_heap(runs.begin(), runs.end());
    std::sort_heap(runs.begin(), runs.end());
  }
  u64 kept = 0, lines = 0;
  for (const u64 packed : runs) {
    Run run = Run::unpack(packed);
    const Run last = kept == 0 ? Run{0, 0} : Run::unpack(runs[kept - 1]);
    if (kept != 0 && run.first <= last.end() &&
        max_u64(run.end(), last.end()) - last.first <= Run::kCountMax) {
      lines += max_u64(run.end(), last.end()) - last.end();
      runs[kept - 1] = Run{last.first, max_u64(run.end(), last.end()) - last.first}.packed();
      continue;
    }
    // Too long for one run.
    const LineIndex first = kept == 0 ? run.first : max_u64(run.first, last.end());
    if (first >= run.end()) continue;
    runs[kept++] = Run{first, run.end() - first}.packed();
    lines += run.end() - first;
  }
  runs.truncate(kept);
  return lines;
}

// Whether the second fence is a system call, so that it can fail after the data has been overwritten.
bool sync_can_fail(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  return !file.medium.is_memory() || file.size.load(std::memory_order_relaxed) != file.committed_size;
}

// The old lines are needed again only when they are to be put back.
RecordWriter::Keep keep_of(const ManagedFile &file, u64 lines) SNAPSHOT_REQUIRES(file.commit_lock) {
  return lines <= RecordWriter::kKeptLines || sync_can_fail(file) ? RecordWriter::Keep::all
                                                                  : RecordWriter::Keep::runs;
}

// Step 1; returns the digest.
u64 copy_and_digest(ManagedFile &file, u64 lines) SNAPSHOT_REQUIRES(file.commit_lock) {
  u8 *at = file.copies.data();
  copy_new_lines(file, [&](u64 count) {
    u8 *to = at;
    at += count * kLineBytes;
    return to;
  });
  return hash_lines(file.log.key, file.log.sequence + 1, file.copies.data(), lines * kLineBytes);
}

// Step 2.
Status write_record(ManagedFile &file, const RecordFacts &facts) SNAPSHOT_REQUIRES(file.commit_lock) {
  RecordWriter writer(&file.log, facts, file.record.data(), keep_of(file, facts.line_count));
  write_runs(writer.runs(), file);
  const LineIndex partial = first_partial_line(file, facts.size_before);
  for (const u64 packed : file.runs) {
    const Run run = Run::unpack(packed);
    for (LineIndex l = run.first; l < run.end();) {
      const u64 n = min_u64(run.end() - l, RecordWriter::kPieceLines);
      u8 *const to = writer.lines(n);
      const u8 *from = backing_of(address_of(l)).ptr();
      if (Status s = file.medium.copy_back(to, from, n * kLineBytes); SNAPSHOT_UNLIKELY(!s.ok())) return s;
      l += n;
      if (SNAPSHOT_UNLIKELY(l > partial)) clear_beyond(file, l - n, n, facts.size_before, to);
    }
  }
  return writer.seal();
}

// All that runs have of the backing range, and more. A commit that changes the size alone syncs the first
// line, so that it, too, has its two fences.
LineRange extent_of(const ManagedFile &file, const GrowBuffer<u64> &runs) {
  LineRange all{file.window().first_line, file.window().first_line + 1};
  if (runs.size() != 0) all = {~u64{0}, 0};
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    all = {min_u64(all.first, run.first), max_u64(all.end, run.end())};
  }
  return all;
}

Status sync_data(ManagedFile &file, const GrowBuffer<u64> &runs, u64 size_after)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const LineRange extent = extent_of(file, runs);
  const u64 bytes = (extent.end - extent.first) * kLineBytes;
  ++file.counters.fences;
  if (Status s = file.medium.fence_data(backing_of(address_of(extent.first)), bytes); !s.ok()) return s;
  // On memory media the verbs reach the bytes, not the file system's idea of where the file ends: without it
  // the new bytes would be beyond the end after a power cut. (A page-cache fence is a sync, which takes the
  // size along.)
  if (SNAPSHOT_LIKELY(!file.medium.is_memory() || size_after == file.committed_size)) return kOk;
  return sync_size(backing_of(file.base()));
}

// Everything that can fail for want of space or memory, before anything is written.
Status acquire_resources(ManagedFile &file, u64 lines) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (file.runs.size() > ~u32{0}) return {EFBIG};
  const u64 record_bytes = format::record_bytes(file.runs.size(), lines);
  if (Status s = prepare_backing(file, file.runs); !s.ok()) return s;
  if (Status s = file.copies.reserve(lines * kLineBytes); !s.ok()) return s;
  const u64 memory_bytes = RecordWriter::memory_bytes(file.runs.size(), lines, keep_of(file, lines));
  if (Status s = file.record.reserve(memory_bytes); !s.ok()) return s;
  // What a failed sync will need, when it is too late to ask for memory.
  if (sync_can_fail(file))
    if (Status s = file.failed_runs.reserve(file.runs.size()); !s.ok()) return s;
  return reserve_record(&file.log, record_bytes);
}

}  // namespace

Status commit_undo(ManagedFile &file, u64 lines) {
  const u64 size_after = file.size.load(std::memory_order_relaxed);
  if (SNAPSHOT_UNLIKELY(marked_meanwhile(file))) lines = merge_runs(file.runs);
  if (Status s = acquire_resources(file, lines); !s.ok()) return s;
  SNAPSHOT_STEP("commit-prepared");
  // Step d of the protocol in track/mark.cc: gather has cleared the marks.
  bool called = false;
  if (Status s = thread_fence(&called); !s.ok()) return s;
  if (called) ++file.counters.thread_fences;
  const u64 digest = copy_and_digest(file, lines);
  SNAPSHOT_STEP("commit-copied");
  const RecordFacts facts = {format::kUndoMagic,  file.runs.size(), lines,
                             file.committed_size, size_after,       digest};
  if (Status s = write_record(file, facts); !s.ok()) return s;
  file.counters.bytes_logged += format::record_bytes(facts.run_count, lines);
  SNAPSHOT_STEP("commit-logged");
  ++file.counters.fences;
  if (Status s = file.medium.fence_log(file.log.fd); !s.ok()) return s;
  SNAPSHOT_STEP("commit-log-durable");
  begin_in_place(file);
  Status applied = copy_to_backing(file.medium, file.runs, file.copies.data());
  SNAPSHOT_STEP("commit-applied");
  if (applied.ok()) applied = sync_data(file, file.runs, size_after);
  if (!applied.ok()) {
    fail_in_place(file);
    for (const u64 run : file.runs) file.failed_runs.push_reserved(run);
    (void)restore_failed_commit(file);  // if this fails, too, the next commit tries again
    return applied;
  }
  SNAPSHOT_STEP("commit-durable");
  ++file.log.sequence;
  file.committed_size = size_after;
  file.counters.lines_committed += lines;
  if (SNAPSHOT_UNLIKELY(backup_asks(file, size_after)))
    tell_backup(file, file.record.data(), file.copies.data(), size_after);
  end_in_place(file);
  return kOk;
}

Status restore_failed_commit(ManagedFile &file) {
  if (SNAPSHOT_LIKELY(file.failed_runs.size() == 0)) return kOk;
  // Stored anew, not only synced anew: after a failed sync the kernel counts the pages as clean.
  if (Status s = prepare_backing(file, file.failed_runs); !s.ok()) return s;
  const u8 *old_lines = file.record.data() + lines_offset(file.failed_runs.size());
  if (Status s = copy_to_backing(file.medium, file.failed_runs, old_lines); !s.ok()) return s;
  if (Status s = sync_data(file, file.failed_runs, file.committed_size); !s.ok()) return s;
  if (backup_asks(file, file.committed_size))
    tell_backup(file, file.record.data(), old_lines, file.committed_size);
  end_in_place(file);
  file.failed_runs.clear();
  return kOk;
}

}  // namespace snapshot
