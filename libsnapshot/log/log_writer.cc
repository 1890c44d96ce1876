#include "log/log_writer.h"

#include "platform/file_io.h"

namespace snapshot {

RecordWriter RecordWriter::appending(Log *log, const RecordFacts &facts, u8 *record) {
  return {log, nullptr, log->area[log->tail.area].offset + log->tail.used, facts, record, Keep::all};
}

void RecordWriter::write_to_file(const u8 *from, u64 offset, u64 bytes) {
  if (status_.ok()) status_ = write_exactly(log_->fd, from, bytes, log_offset_ + offset);
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

Status RecordWriter::seal_rest() {
  hand_over();
  header()->checksum = checksum_;
  put(0, record_, sizeof(format::RecordHeader));
  return status_;
}

}  // namespace snapshot
