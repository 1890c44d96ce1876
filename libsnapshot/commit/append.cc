#include "commit/append.h"

#include "base/step.h"
#include "base/syscall.h"
#include "commit/gather.h"
#include "commit/in_place.h"
#include "log/record_cursor.h"
#include "media/batch.h"
#include "platform/file_io.h"
#include "platform/thread_fence.h"

namespace snapshot {
namespace {

// As many bytes may be pending: a program that never waits must not fill the memory.
constexpr u64 kPendingMax = 1 << 20;

u64 tail_offset(const Log &log) { return log.area[log.tail.area].offset + log.tail.used; }

// A record in memory.
struct RecordAt {
  const format::RecordHeader *header;
  const u64 *runs;
  const u8 *lines;
  const u8 *end;
};

RecordAt record_at(const u8 *at) {
  const auto *header = reinterpret_cast<const format::RecordHeader *>(at);
  const u8 *lines = at + lines_offset(header->run_count);
  return {header, reinterpret_cast<const u64 *>(at + sizeof *header), lines,
          lines + header->line_count * kLineBytes};
}

// The records in file.record, which end at the log's tail, are durable on return.
Status sync_log(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  Log &log = file.log;
  if (log.tail.durable == log.sequence) return kOk;
  const u64 bytes = file.record.size();
  Status s;
  if (SNAPSHOT_UNLIKELY(file.append.log_failed))
    s = write_exactly(log.fd, file.record.data(), bytes, tail_offset(log) - bytes);
  ++file.counters.fences;
  if (s.ok()) s = file.medium.fence_log(log.fd);
  file.append.log_failed = !s.ok();
  if (s.ok()) log.tail.durable = log.sequence;
  return s;
}

// What of a record's lines from offset on is still part of the file, which a later commit may have cut.
u64 bytes_kept(const ManagedFile &file, u64 offset, u64 bytes) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 size = round_up(file.committed_size, kLineBytes);
  return offset >= size ? 0 : min_u64(bytes, size - offset);
}

// The lines of one record, one after the other in from, to where they belong.
Status copy_runs(const ManagedFile &file, const u64 *runs, u64 run_count, const u8 *from, CopyBatch *batch)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  for (u64 i = 0; i < run_count; ++i) {
    const u64 offset = format::run_line(runs[i]) * kLineBytes;
    const u64 bytes = format::run_count(runs[i]) * kLineBytes, kept = bytes_kept(file, offset, bytes);
    const BackingAddr to = backing_of({file.base().value + offset});
    if (kept != 0)
      if (Status s = batch->add(to.ptr(), from, kept); !s.ok()) return s;
    from += bytes;
  }
  return kOk;
}

Status copy_records(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  CopyBatch batch;
  for (const u8 *at = file.record.begin(); at != file.record.end();) {
    const RecordAt record = record_at(at);
    if (Status s = copy_runs(file, record.runs, record.header->run_count, record.lines, &batch); !s.ok())
      return s;
    at = record.end;
  }
  return batch.finish();
}

// The records in file.record, which are durable, to the backing range. If that fails they stay there, for
// another try: the commits themselves are over.
Status copy_pending(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  begin_in_place(file);
  if (Status s = copy_records(file); !s.ok()) {
    fail_in_place(file);
    return s;
  }
  if (SNAPSHOT_UNLIKELY(backup_asks(file, file.committed_size)))
    tell_backup(file, file.record.begin(), file.record.end());
  end_in_place(file);
  file.record.clear();
  return kOk;
}

// Once more what has been copied since the last checkpoint, for a sync of the data that failed.
Status copy_again(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  LogView view;
  view.fd = file.log.fd;
  const Area &area = file.log.area[file.log.tail.area];
  Status s = file.copies.reserve(RecordCursor::kPieceBytes);
  if (!s.ok()) return s;
  begin_in_place(file);
  RecordView record;
  for (u64 at = area.offset; s.ok() && at < tail_offset(file.log); at = record.end()) {
    if (s = read_record_at(view, area, at, &record); !s.ok()) break;
    RecordCursor cursor(view.fd, record);
    LinePiece lines;
    while (s.ok() && cursor.next(&lines)) {
      const u64 kept = bytes_kept(file, lines.file_offset, lines.bytes);
      if (kept == 0) continue;
      s = read_exactly(view.fd, file.copies.data(), lines.bytes, lines.log_offset);
      const BackingAddr to = backing_of({file.base().value + lines.file_offset});
      if (s.ok()) s = prepare_for_writing(file.medium, to, kept, view.fd);
      if (s.ok()) s = file.medium.copy(to.ptr(), file.copies.data(), kept);
    }
    if (s.ok()) s = cursor.status();
  }
  if (!s.ok()) {
    fail_in_place(file);
    return s;
  }
  // A disk that fails is no time for a backup, which would have to be told of all these records.
  if (backup_asks(file, file.committed_size)) file.journal.spoil(file.board, EIO);
  end_in_place(file);
  return kOk;
}

// Room for a record behind the tail, if need be in the other area after a checkpoint.
Status reserve_tail(ManagedFile &file, u64 bytes) SNAPSHOT_REQUIRES(file.commit_lock) {
  Log &log = file.log;
  if (SNAPSHOT_LIKELY(!file.append.area_ends && log.tail.used + bytes <= log.area[log.tail.area].capacity))
    return kOk;
  u64 wanted = bytes;
  if (log.tail.used != 0) {
    if (Status s = checkpoint(file); !s.ok()) return s;
    // From here on recovery, which takes the area with the newest record, finds this one as it was left, and
    // does once more what the disk has already, until a record in the other area is durable.
    wanted = max_u64(bytes, min_u64(2 * log.area[log.tail.area].capacity, file.append.area_max));
    log.tail.area ^= 1;
    log.tail.used = 0;
    file.append.area_ends = false;
  }
  return reserve_area(&log, log.tail.area, bytes, wanted);
}

// Everything that can fail, before anything is written.
Status acquire_resources(ManagedFile &file, u64 record_bytes) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (file.runs.size() > ~u32{0}) return {EFBIG};
  if (Status s = prepare_backing(file, file.runs); !s.ok()) return s;
  if (Status s = reserve_tail(file, record_bytes); !s.ok()) return s;
  return file.record.reserve(file.record.size() + record_bytes);
}

// A record of a commit that fails must not be found by recovery after a kill. (After a power cut it may be:
// the disk has said neither yes nor no.)
void void_record(ManagedFile &file, u64 offset) SNAPSHOT_REQUIRES(file.commit_lock) {
  (void)write_zeros(file.log.fd, offset, sizeof(format::RecordHeader));
}

// The records in file.record from there on, and the log behind them, have never been.
void take_back(ManagedFile &file, u64 from) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (from == file.record.size()) return;
  const u64 first = tail_offset(file.log) - file.record.size();
  for (u64 at = from; at < file.record.size();) {
    const RecordAt record = record_at(file.record.data() + at);
    // Each of them: a commit that is repeated may end where the second one begins.
    void_record(file, first + at);
    if (at == from) {
      file.log.sequence = record.header->sequence - 1;
      file.committed_size = record.header->size_before;
    }
    at = static_cast<u64>(record.end - file.record.data());
  }
  file.log.tail.used -= file.record.size() - from;
  file.record.truncate(from);
}

}  // namespace

Status commit_append(ManagedFile &file, u64 lines, Durability durability) {
  Log &log = file.log;
  const u64 size_after = file.size.load(std::memory_order_relaxed), run_count = file.runs.size();
  const u64 record_bytes = format::record_bytes(run_count, lines);
  if (Status s = acquire_resources(file, record_bytes); !s.ok()) return s;
  SNAPSHOT_STEP("commit-prepared");
  // Step d of the protocol in track/mark.cc: gather has cleared the marks.
  bool called = false;
  if (Status s = thread_fence(&called); !s.ok()) return s;
  if (called) ++file.counters.thread_fences;
  const u64 pending = file.record.size();
  RecordWriter writer = RecordWriter::appending(
      &log, {format::kAppendMagic, run_count, lines, file.committed_size, size_after, log.tail.durable},
      file.record.data() + pending);
  write_runs(writer.runs(), file);
  copy_new_lines(file, [&](u64 count) { return writer.lines(count); });
  SNAPSHOT_STEP("commit-copied");
  if (Status s = writer.seal(); !s.ok()) {
    void_record(file, tail_offset(log));
    return s;
  }
  file.counters.bytes_logged += record_bytes;
  SNAPSHOT_STEP("commit-logged");
  file.record.truncate(pending + record_bytes);
  log.tail.used += record_bytes;
  ++log.sequence;
  // The real size changes after the commit, so a commit that cuts has to be over.
  const bool wait =
      durability == Durability::now || size_after < file.committed_size || file.record.size() > kPendingMax;
  if (wait) {
    if (Status s = sync_log(file); !s.ok()) {
      take_back(file, pending);
      return s;
    }
  }
  SNAPSHOT_STEP("commit-log-durable");
  file.append.area_ends = size_after < file.committed_size;
  file.append.checkpointed = false;
  file.committed_size = size_after;
  file.counters.lines_committed += lines;
  if (wait)
    (void)copy_pending(file);  // if this fails, settle_append tries again
  else if (durability == Durability::later)
    (void)sys::call(SYS_sync_file_range, log.fd, static_cast<long>(tail_offset(log) - record_bytes),
                    static_cast<long>(record_bytes), SYNC_FILE_RANGE_WRITE);
  SNAPSHOT_STEP("commit-applied");
  return kOk;
}

Status settle_append(ManagedFile &file) {
  if (SNAPSHOT_LIKELY(file.record.size() == 0)) return kOk;
  if (Status s = sync_log(file); !s.ok()) return s;
  return copy_pending(file);
}

Status finish_group(ManagedFile &file, u64 sequence_before) {
  const Status s = sync_log(file);
  if (s.ok()) {
    (void)copy_pending(file);  // if this fails, settle_append tries again
    return kOk;
  }
  const u64 kept = max_u64(sequence_before, file.log.tail.durable);
  u64 from = 0;
  for (; from < file.record.size();) {
    const RecordAt record = record_at(file.record.data() + from);
    if (record.header->sequence > kept) break;
    from = static_cast<u64>(record.end - file.record.data());
  }
  for (u64 at = from; at < file.record.size();) {
    const RecordAt record = record_at(file.record.data() + at);
    for (u64 i = 0; i < record.header->run_count; ++i)
      put_back_run(file, {file.window().first_line + format::run_line(record.runs[i]),
                          format::run_count(record.runs[i])});
    at = static_cast<u64>(record.end - file.record.data());
  }
  take_back(file, from);
  return s;
}

Status settle_to_read(ManagedFile &file) {
  if (Status s = settle_append(file); !s.ok()) return s;
  return SNAPSHOT_UNLIKELY(file.append.data_failed) ? copy_again(file) : kOk;
}

Status checkpoint(ManagedFile &file) {
  if (file.append.checkpointed) return kOk;
  if (Status s = settle_to_read(file); !s.ok()) return s;
  ++file.counters.fences;
  const Status s = file.medium.fence_data(backing_of(file.base()), max_u64(file.file_size, 1));
  SNAPSHOT_STEP("checkpoint");
  if (!s.ok()) {
    note_failed_sync(file);
    return s;
  }
  file.append.data_failed = false;
  file.append.checkpointed = true;
  return kOk;
}

}  // namespace snapshot
