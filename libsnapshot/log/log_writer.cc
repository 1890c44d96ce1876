#include "log/log_writer.h"

#include "base/syscall.h"

namespace snapshot {

RecordWriter::RecordWriter(Log *log, const RecordFacts &facts, u8 *record)
    : log_(log),
      area_(&log->area[format::area_of(log->sequence + 1)]),
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
               .new_digest = facts.new_digest,
               .checksum = 0};
  // Behind the runs, up to a whole line.
  if (facts.run_count != 0) __builtin_memset_inline(end_ - kLineBytes, 0, kLineBytes);
}

// [from, end) of the record, to its place.
void RecordWriter::put(const u8 *from, const u8 *end) {
  const u64 offset = static_cast<u64>(from - record_), bytes = static_cast<u64>(end - from);
  if (SNAPSHOT_LIKELY(log_->medium.is_memory())) {
    (void)log_->medium.copy(area_->mapped + offset, from, bytes);
    return;
  }
  if (!status_.ok()) return;
  for (u64 done = 0; done < bytes;) {
    const long n = sys::pwrite(log_->fd, from + done, bytes - done, area_->offset + offset + done);
    if (n == -EINTR) continue;
    if (n <= 0) {
      status_ = n == 0 ? Status{ENOSPC} : sys::status(n);
      return;
    }
    done += static_cast<u64>(n);
  }
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
