#include "log/log_writer.h"

#include "base/syscall.h"

namespace snapshot {

RecordWriter::RecordWriter(Log *log, const RecordFacts &facts)
    : log_(log), area_(&log->area[format::area_of(log->sequence + 1)]), end_(body()) {
  *header() = {.magic = format::kUndoMagic,
               .run_count = static_cast<u32>(facts.run_count),
               .log_id = log->header.log_id,
               .sequence = log->sequence + 1,
               .size_before = facts.size_before,
               .size_after = facts.size_after,
               .line_count = facts.line_count,
               .new_digest = facts.new_digest,
               .checksum = 0};
}

void RecordWriter::put(u64 offset_in_record, const void *from, u64 bytes) {
  if (SNAPSHOT_LIKELY(log_->medium.is_memory())) {
    (void)log_->medium.copy(area_->mapped + offset_in_record, from, bytes);
    return;
  }
  if (!status_.ok()) return;
  auto *at = static_cast<const u8 *>(from);
  for (u64 done = 0; done < bytes;) {
    const long n = sys::pwrite(log_->fd, at + done, bytes - done, area_->offset + offset_in_record + done);
    if (n == -EINTR) continue;
    if (n <= 0) {
      status_ = n == 0 ? Status{ENOSPC} : sys::status(n);
      return;
    }
    done += static_cast<u64>(n);
  }
}

bool RecordWriter::nothing_flushed() const { return written_ == sizeof(format::RecordHeader); }

// The first piece takes the header along.
void RecordWriter::hash_piece() {
  const u8 *from = nothing_flushed() ? log_->staging : body();
  checksum_ = hash_lines(log_->key, checksum_, from, static_cast<u64>(end_ - from));
}

void RecordWriter::flush_piece() {
  hash_piece();
  const u64 bytes = static_cast<u64>(end_ - body());
  put(written_, body(), bytes);
  written_ += bytes;
  end_ = body();
}

Status RecordWriter::seal() {
  if (SNAPSHOT_LIKELY(nothing_flushed())) {
    // The usual small record: header and body lie side by side in the staging buffer.
    hash_piece();
    header()->checksum = checksum_;
    put(0, log_->staging, static_cast<u64>(end_ - log_->staging));
  } else {
    flush_piece();
    header()->checksum = checksum_;
    put(0, log_->staging, sizeof(format::RecordHeader));
  }
  return status_;
}

}  // namespace snapshot
