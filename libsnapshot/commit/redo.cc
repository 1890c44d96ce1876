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

// Whether these are few lines, each a run of its own, and all of them readable and before the end of the
// file: what the small commits of most programs are.
bool is_simple(const ManagedFile &file, const Taken &taken, u64 size_after)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  return taken.lines == file.runs.size() && taken.lines <= SmallRecord::kLinesMax &&
         taken.end <= first_partial_line(file, size_after) &&
         !file.unreadable.load(std::memory_order_relaxed);
}

// Everything that can fail, before anything is written; but for the blocks of simple commits.
Status acquire_resources(ManagedFile &file, u64 lines, u64 size_after, bool simple)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  if (file.runs.size() > ~u32{0}) return {EFBIG};
  const u64 record_bytes = format::record_bytes(file.runs.size(), lines);
  if (SNAPSHOT_UNLIKELY(!simple))
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

RecordFacts facts_of(const ManagedFile &file, u64 lines, u64 size_after) SNAPSHOT_REQUIRES(file.commit_lock) {
  return {format::kRedoMagic, file.runs.size(), lines, file.committed_size, size_after, 0};
}

// The lines of a simple commit, and their runs, into its record. Returns of how many the file has no block
// yet.
u64 fill_simple_record(const ManagedFile &file, SmallRecord &record) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 origin = run_in_record(file, 0);
  u64 *run_table = record.runs();
  u8 *to = record.lines(file.runs.size());
  u64 unprepared = 0;
  for (const u64 packed : file.runs) {
    *run_table++ = packed + origin;
    const LineIndex line = Run::unpack(packed).first;
    if (page_map()[line / kLinesPerPage] == 0) ++unprepared;
    copy_line(to, address_of(line).ptr());
    to += kLineBytes;
  }
  return unprepared;
}

// The record of few lines, in memory and in the log.
inline Status write_small_record(ManagedFile &file, u64 lines, u64 size_after, bool simple)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  SmallRecord record(file.log, facts_of(file, lines, size_after), file.record.data());
  if (SNAPSHOT_LIKELY(simple)) {
    if (SNAPSHOT_UNLIKELY(fill_simple_record(file, record) != 0))
      if (Status s = prepare_backing(file, file.runs); !s.ok()) return s;
  } else {
    write_runs(record.runs(), file);
    copy_new_lines(file, [&](u64 count) { return record.lines(count); });
  }
  SNAPSHOT_STEP("commit-copied");
  record.seal();
  return kOk;
}

// Of any number of lines; where they can be read once the fence has followed.
__attribute__((noinline)) const u8 *write_record(ManagedFile &file, u64 lines, u64 size_after)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const RecordWriter::Keep keep = keep_of(lines);
  RecordWriter writer(&file.log, facts_of(file, lines, size_after), file.record.data(), keep);
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

Status commit_redo(ManagedFile &file, const Taken &taken) {
  const u64 lines = taken.lines, size_after = file.size.load(std::memory_order_relaxed);
  const bool simple = is_simple(file, taken, size_after);
  if (Status s = acquire_resources(file, lines, size_after, simple); !s.ok()) return s;
  SNAPSHOT_STEP("commit-prepared");
  // Step d of the protocol in track/mark.cc: gather has cleared the marks.
  bool called = false;
  if (Status s = thread_fence(&called); !s.ok()) return s;
  if (called) ++file.counters.thread_fences;
  const u8 *logged = file.record.data() + lines_offset(file.runs.size());
  if (SNAPSHOT_UNLIKELY(lines > SmallRecord::kLinesMax))
    logged = write_record(file, lines, size_after);
  else if (Status s = write_small_record(file, lines, size_after, simple); !s.ok())
    return s;
  file.counters.bytes_logged += format::record_bytes(file.runs.size(), lines);
  SNAPSHOT_STEP("commit-logged");
  ++file.counters.fences;
  file.medium.fence();
  SNAPSHOT_STEP("commit-log-durable");
  ++file.log.sequence;
  file.committed_size = size_after;
  file.counters.lines_committed += lines;
  begin_in_place(file);
  // A line that was listed twice is twice in the record, and the later copy wins, here as in recovery.
  // What is copied is what was logged, not what other threads have stored since.
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

void settle_redo(const ManagedFile &file) { file.medium.fence(); }

}  // namespace snapshot
