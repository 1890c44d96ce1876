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
  const u64 memory_bytes =
      SNAPSHOT_LIKELY(keep_of(lines) == RecordWriter::Keep::all)
          ? record_bytes
          : RecordWriter::memory_bytes(file.runs.size(), lines, RecordWriter::Keep::runs);
  if (Status s = file.record.reserve(memory_bytes); !s.ok()) return s;
  // The verbs reach the bytes, not the file system's idea of where the file ends: a file that grew must be
  // as long as its record says once the record counts.
  if (SNAPSHOT_UNLIKELY(size_after > file.committed_size))
    if (Status s = sync_size(backing_of(file.base())); !s.ok()) return s;
  return reserve_record(&file.log, record_bytes);
}

// Where the lines can be read once the fence has followed.
const u8 *write_record(ManagedFile &file, u64 lines, u64 size_after) SNAPSHOT_REQUIRES(file.commit_lock) {
  const RecordWriter::Keep keep = keep_of(lines);
  const RecordFacts facts = {format::kRedoMagic, file.runs.size(), lines, file.committed_size, size_after, 0};
  RecordWriter writer(&file.log, facts, file.record.data(), keep);
  write_runs(writer.runs(), file);
  copy_new_lines(file, [&](u64 count) { return writer.lines(count); });
  SNAPSHOT_STEP("commit-copied");
  // Memory media do not fail.
  (void)writer.seal();
  return SNAPSHOT_LIKELY(keep == RecordWriter::Keep::all)
             ? file.record.data() + lines_offset(file.runs.size())
             : writer.lines_in_log();
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
  const u8 *logged = write_record(file, lines, size_after);
  complete_redo(file, lines, size_after, logged);
  return kOk;
}

void settle_redo(const ManagedFile &file) { file.medium.fence(); }

}  // namespace snapshot
