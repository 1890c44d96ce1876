#include "log/log_writer.h"

#include "platform/file_io.h"

namespace snapshot {

RecordWriter::RecordWriter(Log *log, const RecordFacts &facts, u8 *record)
    : RecordWriter(log, log->area[format::area_of(log->sequence + 1)].mapped,
                   log->area[format::area_of(log->sequence + 1)].offset, facts, record) {}

RecordWriter RecordWriter::appending(Log *log, const RecordFacts &facts, u8 *record) {
  return {log, nullptr, log->area[log->tail.area].offset + log->tail.used, facts, record};
}

RecordWriter::RecordWriter(Log *log, u8 *mapped, u64 log_offset, const RecordFacts &facts, u8 *record)
    : log_(log),
      mapped_(mapped),
      log_offset_(log_offset),
      record_(record),
      end_(record + lines_offset(facts.run_count)),
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

// [from, end) of the record, to its place.
void RecordWriter::put(const u8 *from, const u8 *end) {
  const u64 offset = static_cast<u64>(from - record_), bytes = static_cast<u64>(end - from);
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
  put(handed_over_ == record_ ? record_ + sizeof(format::RecordHeader) : handed_over_, end_);
  handed_over_ = end_;
}

Status RecordWriter::seal() {
  if (SNAPSHOT_LIKELY(handed_over_ == record_)) {
    hash_rest();
    header()->checksum = checksum_;
    put(record_, end_);
  } else {
    hand_over();
    header()->checksum = checksum_;
    put(record_, record_ + sizeof(format::RecordHeader));
  }
  return status_;
}

}  // namespace snapshot
