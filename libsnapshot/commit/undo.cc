#include "commit/undo.h"

#include "base/run.h"
#include "base/step.h"
#include "log/log_writer.h"
#include "platform/thread_fence.h"

namespace snapshot {
namespace {

// Clears what of a run's lines, given as bytes one after the other, lies at or beyond size.
SNAPSHOT_SLOW_PATH void clear_beyond(const ManagedFile &file, Run run, u64 size, u8 *lines) {
  const u64 offset = (run.first - file.window().first_line) * kLineBytes;
  const u64 inside = offset >= size ? 0 : min_u64(size - offset, run.count * kLineBytes);
  fill_bytes(lines + inside, 0, run.count * kLineBytes - inside);
}

// The first line that does not lie wholly before size.
LineIndex first_partial_line(const ManagedFile &file, u64 size) {
  return file.window().first_line + size / kLineBytes;
}

// Step 1. Other threads may be storing: whatever they store after the thread fence has marked its line again.
// What of a line lies beyond the end counts as zeros, in the log and in the file.
u64 copy_new_lines(ManagedFile &file, u64 lines, u64 size) SNAPSHOT_REQUIRES(file.commit_lock) {
  const LineIndex partial = first_partial_line(file, size);
  u8 *to = file.copies.data();
  for (u64 i = 0; i < file.runs.size(); ++i) {
    const Run run = Run::unpack(file.runs[i]);
    u8 *const begin = to;
    for (LineIndex l = run.first; l < run.end(); ++l, to += kLineBytes) copy_line(to, address_of(l).ptr());
    if (SNAPSHOT_UNLIKELY(run.end() > partial)) clear_beyond(file, run, size, begin);
  }
  return hash_lines(file.log.key, file.log.sequence + 1, file.copies.data(), lines * kLineBytes);
}

void write_run_table(RecordWriter &writer, const ManagedFile &file, const GrowBuffer<u64> &runs) {
  static_assert(Run::kCountBits == format::kRunCountBits);
  const u64 origin = file.window().first_line << Run::kCountBits;
  constexpr u64 kRow = kLineBytes / sizeof(u64);
  for (u64 i = 0; i < runs.size(); i += kRow) {
    u64 *const row = reinterpret_cast<u64 *>(writer.line());
    const u64 n = min_u64(kRow, runs.size() - i);
    __builtin_memset_inline(row, 0, kLineBytes);
    for (u64 k = 0; k < n; ++k) row[k] = runs[i + k] - origin;
  }
}

// Whether the second fence is a system call, so that it can fail after the data has been overwritten.
bool sync_can_fail(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  return !file.medium.is_memory() || file.size.load(std::memory_order_relaxed) != file.committed_size;
}

// Step 2.
Status write_record(ManagedFile &file, u64 lines, u64 size_after, u64 digest)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 size_before = file.committed_size;
  RecordWriter writer(&file.log, {file.runs.size(), lines, size_before, size_after, digest});
  write_run_table(writer, file, file.runs);
  u8 *keep = sync_can_fail(file) ? file.replaced.data() : nullptr;
  const LineIndex partial = first_partial_line(file, size_before);
  for (u64 i = 0; i < file.runs.size(); ++i) {
    const Run run = Run::unpack(file.runs[i]);
    const u8 *from = backing_of(address_of(run.first)).ptr();
    if (SNAPSHOT_UNLIKELY(keep != nullptr)) {
      if (Status s = file.medium.copy_back(keep, from, run.count * kLineBytes); !s.ok()) return s;
      if (run.end() > partial) clear_beyond(file, run, size_before, keep);
      from = keep;
      keep += run.count * kLineBytes;
    }
    for (LineIndex l = run.first; l < run.end(); ++l, from += kLineBytes) {
      u8 *to = writer.line();
      copy_line(to, from);
      if (SNAPSHOT_UNLIKELY(l >= partial)) clear_beyond(file, {l, 1}, size_before, to);
    }
  }
  file.counters.bytes_logged += format::record_bytes(file.runs.size(), lines);
  return writer.seal();
}

// The part of the backing range that a commit has touched. One that changes the size alone syncs the first
// page, so that it, too, has its two fences.
struct Extent {
  u64 begin = ~u64{0};
  u64 end = 0;

  void add(BackingAddr at, u64 bytes) {
    begin = min_u64(begin, at.value);
    end = max_u64(end, at.value + bytes);
  }
};

// Step 4, and the way back: the lines of runs, one after the other in from, to where they belong.
Status copy_to_backing(const Medium &medium, const GrowBuffer<u64> &runs, const u8 *from, Extent *all) {
  for (u64 i = 0; i < runs.size(); ++i) {
    const Run run = Run::unpack(runs[i]);
    const BackingAddr to = backing_of(address_of(run.first));
    const u64 bytes = run.count * kLineBytes;
    if (Status s = medium.copy(to.ptr(), from, bytes); SNAPSHOT_UNLIKELY(!s.ok())) return s;
    SNAPSHOT_STEP("commit-run-copied");
    from += bytes;
    all->add(to, bytes);
  }
  return kOk;
}

Status sync_data(ManagedFile &file, Extent extent, u64 size_after) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (extent.end == 0) extent.add(backing_of(file.base()), kLineBytes);
  ++file.counters.fences;
  if (Status s = file.medium.fence_data({extent.begin}, extent.end - extent.begin); !s.ok()) return s;
  // On memory media the verbs reach the bytes, not the file system's idea of where the file ends: without it
  // the new bytes would be beyond the end after a power cut. (A page-cache fence is a sync, which takes the
  // size along.)
  if (SNAPSHOT_LIKELY(!file.medium.is_memory() || size_after == file.committed_size)) return kOk;
  return sync_size(backing_of(file.base()));
}

Status prepare_backing(ManagedFile &file, const GrowBuffer<u64> &runs) SNAPSHOT_REQUIRES(file.commit_lock) {
  const bool memory = file.medium.is_memory();
  for (u64 i = 0; i < runs.size(); ++i) {
    const Run run = Run::unpack(runs[i]);
    const BackingAddr begin = backing_of(address_of(run.first));
    if (SNAPSHOT_LIKELY(memory && is_prepared(begin, run.count * kLineBytes))) continue;
    if (Status s = prepare_for_writing(file.medium, begin, run.count * kLineBytes, file.log.fd); !s.ok())
      return s;
  }
  return kOk;
}

// Everything that can fail for want of space or memory, before anything is written.
Status acquire_resources(ManagedFile &file, u64 lines) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (lines > ~u32{0} || file.runs.size() > ~u32{0}) return {EFBIG};
  if (Status s = prepare_backing(file, file.runs); !s.ok()) return s;
  if (Status s = file.copies.reserve(lines * kLineBytes); !s.ok()) return s;
  if (sync_can_fail(file)) {
    // What a failed sync will need, when it is too late to ask for memory.
    if (Status s = file.replaced.reserve(lines * kLineBytes); !s.ok()) return s;
    if (Status s = file.failed_runs.reserve(file.runs.size()); !s.ok()) return s;
  }
  return reserve_record(&file.log, format::record_bytes(file.runs.size(), lines));
}

}  // namespace

Status commit_undo(ManagedFile &file, u64 lines) {
  const u64 size_after = file.size.load(std::memory_order_relaxed);
  if (Status s = acquire_resources(file, lines); !s.ok()) return s;
  SNAPSHOT_STEP("commit-prepared");
  // Step d of the protocol in track/mark.cc: gather has cleared the marks.
  bool called = false;
  if (Status s = thread_fence(&called); !s.ok()) return s;
  if (called) ++file.counters.thread_fences;
  const u64 digest = copy_new_lines(file, lines, size_after);
  SNAPSHOT_STEP("commit-copied");
  if (Status s = write_record(file, lines, size_after, digest); !s.ok()) return s;
  SNAPSHOT_STEP("commit-logged");
  ++file.counters.fences;
  if (Status s = file.medium.fence_log(file.log.fd); !s.ok()) return s;
  SNAPSHOT_STEP("commit-log-durable");
  Extent extent;
  Status applied = copy_to_backing(file.medium, file.runs, file.copies.data(), &extent);
  SNAPSHOT_STEP("commit-applied");
  if (applied.ok()) applied = sync_data(file, extent, size_after);
  if (!applied.ok()) {
    for (u64 i = 0; i < file.runs.size(); ++i) file.failed_runs.push_reserved(file.runs[i]);
    (void)restore_failed_commit(file);  // if this fails, too, the next commit tries again
    return applied;
  }
  SNAPSHOT_STEP("commit-durable");
  ++file.log.sequence;
  file.committed_size = size_after;
  return kOk;
}

Status restore_failed_commit(ManagedFile &file) {
  if (SNAPSHOT_LIKELY(file.failed_runs.size() == 0)) return kOk;
  // Stored anew, not only synced anew: after a failed sync the kernel counts the pages as clean.
  if (Status s = prepare_backing(file, file.failed_runs); !s.ok()) return s;
  Extent extent;
  if (Status s = copy_to_backing(file.medium, file.failed_runs, file.replaced.data(), &extent); !s.ok())
    return s;
  if (Status s = sync_data(file, extent, file.committed_size); !s.ok()) return s;
  file.failed_runs.clear();
  return kOk;
}

}  // namespace snapshot
