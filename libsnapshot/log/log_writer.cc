#include "log/log_writer.h"

#include "platform/file_io.h"

namespace snapshot {

RecordWriter RecordWriter::appending(Log *log, const RecordFacts &facts, u8 *record) {
  return {log, nullptr, log->area[log->tail.area].offset + log->tail.used, facts, record};
}

void RecordWriter::write_to_file(const u8 *from, u64 offset, u64 bytes) {
  if (status_.ok()) status_ = write_exactly(log_->fd, from, bytes, log_offset_ + offset);
}

void RecordWriter::hand_over() {
  hash_rest();
  put(handed_over_ == record_ ? record_ + sizeof(format::RecordHeader) : handed_over_, end_);
  handed_over_ = end_;
}

Status RecordWriter::seal_rest() {
  hand_over();
  header()->checksum = checksum_;
  put(record_, record_ + sizeof(format::RecordHeader));
  return status_;
}

}  // namespace snapshot
