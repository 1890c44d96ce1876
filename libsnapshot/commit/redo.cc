#include "commit/redo.h"

#include <sys/single_threaded.h>

#include "base/step.h"
#include "commit/in_place.h"
#include "platform/thread_fence.h"

namespace snapshot {
namespace {

RecordWriter::Keep keep_of(u64 lines) {
  return lines <= RecordWriter::kKeptLines ? RecordWriter::Keep::all : RecordWriter::Keep::runs;
}

// Everything that can fail, before anything is written.
Status acquire_resources(ManagedFile &file, u64 lines, u64 size_after) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (file.runs.size() > ~u32{0}) return {EFBIG};
  const u64 record_bytes = format::record_bytes(file.runs.size(), lines);
  if (Status s = prepare_backing(file, file.runs); !s.ok()) return s;
  const u64 memory_bytes = RecordWriter::memory_bytes(file.runs.size(), lines, keep_of(lines));
  if (Status s = file.record.reserve(memory_bytes); !s.ok()) return s;
  // The verbs reach the bytes, not the file system's idea of where the file ends: a file that grew must be
  // as long as its record says once the record counts.
  if (SNAPSHOT_UNLIKELY(size_after > file.committed_size))
    if (Status s = sync_size(backing_of(file.base())); !s.ok()) return s;
  return reserve_record(&file.log, record_bytes);
}

}  // namespace

Status commit_redo(ManagedFile &file, u64 lines) {
  const u64 size_after = file.size.load(std::memory_order_relaxed);
  if (Status s = acquire_resources(file, lines, size_after); !s.ok()) return s;
  SNAPSHOT_STEP("commit-prepared");
  // Step d of the protocol in track/mark.cc: gather has cleared the marks.
  bool called = false;
  if (Status s = thread_fence(&called); !s.ok()) return s;
  if (called) ++file.counters.thread_fences;
  const u64 run_count = file.runs.size();
  RecordWriter writer(&file.log, {format::kRedoMagic, run_count, lines, file.committed_size, size_after, 0},
                      file.record.data(), keep_of(lines));
  write_runs(writer, file);
  copy_new_lines(file, [&](u64 count) { return writer.lines(count); });
  SNAPSHOT_STEP("commit-copied");
  // Memory media do not fail.
  (void)writer.seal();
  file.counters.bytes_logged += format::record_bytes(run_count, lines);
  SNAPSHOT_STEP("commit-logged");
  ++file.counters.fences;
  (void)file.medium.fence_log(file.log.fd);
  SNAPSHOT_STEP("commit-log-durable");
  ++file.log.sequence;
  file.committed_size = size_after;
  file.counters.lines_committed += lines;
  begin_in_place(file);
  // A line that was listed twice is twice in the record, and the later copy wins, here as in recovery.
  // What is copied is what was logged, not what other threads have stored since.
  const u8 *const logged = SNAPSHOT_LIKELY(keep_of(lines) == RecordWriter::Keep::all)
                               ? file.record.data() + lines_offset(run_count)
                               : writer.lines_in_log();
  (void)copy_to_backing(file.medium, file.runs, logged);
  // Non-temporal stores may become visible after the unlocking of the file: to another thread, which then
  // commits or rolls back, they must not.
  if (SNAPSHOT_UNLIKELY(__libc_single_threaded == 0)) settle_redo(file);
  if (SNAPSHOT_UNLIKELY(backup_asks(file, size_after)))
    tell_backup(file, file.record.data(), logged, size_after);
  end_in_place(file);
  SNAPSHOT_STEP("commit-applied");
  return kOk;
}

void settle_redo(const ManagedFile &file) { (void)file.medium.fence_data(backing_of(file.base()), 0); }

}  // namespace snapshot
