#include "log/log_writer.h"

#include "base/syscall.h"
#include "platform/hash.h"

namespace snapshot {

RecordWriter::RecordWriter(Log *log, u64 run_count, u64 line_count)
    : log_(log), area_(&log->area[format::area_of(log->sequence + 1)]), chain_(log->header.log_id) {
  header_.magic = format::kUndoMagic;
  header_.run_count = static_cast<u32>(run_count);
  header_.log_id = log->header.log_id;
  header_.sequence = log->sequence + 1;
  header_.line_count = line_count;
  piece_ = log->staging + sizeof header_;
}

void RecordWriter::put(u64 offset_in_record, const void *from, u64 bytes) {
  if (log_->medium.is_memory()) {
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

void RecordWriter::flush_piece() {
  chain_ = hash_bytes(chain_, piece_, used_);
  put(written_, piece_, used_);
  written_ += used_;
  used_ = 0;
}

Status RecordWriter::seal(u64 size_before, u64 size_after, u64 new_digest) {
  header_.size_before = size_before;
  header_.size_after = size_after;
  header_.new_digest = new_digest;
  chain_ = hash_bytes(chain_, piece_, used_);
  header_.checksum = hash_bytes(chain_, &header_, sizeof header_);
  copy_line(log_->staging, &header_);
  if (written_ == sizeof header_) {
    // The usual small record: header and body lie side by side in the staging buffer.
    put(0, log_->staging, sizeof header_ + used_);
  } else {
    put(written_, piece_, used_);
    put(0, log_->staging, sizeof header_);
  }
  return status_;
}

}  // namespace snapshot
