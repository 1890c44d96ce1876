#include "log/log_writer.h"

#include "platform/file_io.h"

namespace snapshot {

RecordWriter::RecordWriter(Log *log, const RecordFacts &facts, u8 *record, Keep keep)
    : RecordWriter(log, log->area[format::area_of(log->sequence + 1)].mapped,
                   log->area[format::area_of(log->sequence + 1)].offset, facts, record, keep) {}

RecordWriter RecordWriter::appending(Log *log, const RecordFacts &facts, u8 *record) {
  return {log, nullptr, log->area[log->tail.area].offset + log->tail.used, facts, record, Keep::all};
}

RecordWriter::RecordWriter(Log *log, u8 *mapped, u64 log_offset, const RecordFacts &facts, u8 *record,
                           Keep keep)
    : log_(log),
      mapped_(mapped),
      log_offset_(log_offset),
      record_(record),
      runs_end_(lines_offset(facts.run_count)),
      keep_(keep),
      end_(record + runs_end_),
      handed_over_(record) {
  *header() = {.magic = facts.magic,
               .run_count = static_cast<u32>(facts.run_count),
               .log_id = log->header.log_id,
               .sequence = log->sequence + 1,
               .size_before = facts.size_before,
               .size_after = facts.size_after,
               .line_count = facts.line_count,
               .new_digest = facts.proof,
               .checksum = 0};
  // Behind the runs, up to a whole line.
  if (facts.run_count != 0) __builtin_memset_inline(end_ - kLineBytes, 0, kLineBytes);
}

// Part of the record, to its place.
void RecordWriter::put(u64 offset, const u8 *from, u64 bytes) {
  if (SNAPSHOT_LIKELY(log_->medium.is_memory())) {
    (void)log_->medium.copy(mapped_ + offset, from, bytes);
    return;
  }
  if (!status_.ok()) return;
  status_ = write_exactly(log_->fd, from, bytes, log_offset_ + offset);
}

void RecordWriter::hash_rest() {
  checksum_ = hash_lines(log_->key, checksum_, handed_over_, static_cast<u64>(end_ - handed_over_));
}

void RecordWriter::hand_over() {
  hash_rest();
  const u8 *from = handed_over_ == record_ ? record_ + sizeof(format::RecordHeader) : handed_over_;
  put(dropped_ + static_cast<u64>(from - record_), from, static_cast<u64>(end_ - from));
  if (keep_ == Keep::runs) {
    u8 *const lines = record_ + runs_end_;
    dropped_ += static_cast<u64>(end_ - lines);
    end_ = lines;
  }
  handed_over_ = end_;
}

Status RecordWriter::seal() {
  if (SNAPSHOT_LIKELY(handed_over_ == record_)) {
    hash_rest();
    header()->checksum = checksum_;
    put(0, record_, static_cast<u64>(end_ - record_));
  } else {
    hand_over();
    header()->checksum = checksum_;
    put(0, record_, sizeof(format::RecordHeader));
  }
  return status_;
}

}  // namespace snapshot
