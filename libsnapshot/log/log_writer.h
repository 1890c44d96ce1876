// Writes one record into the area of the next sequence number (format.h).
//
// The body is given line by line: first the run table, then the lines. It is hashed and handed to the medium
// in pieces as the staging buffer fills up; the header, which holds the checksum of everything, goes last.
// Nothing orders these writes among themselves: the checksum makes a record that is only partly there count
// as not there, and the fence that follows seal() makes it durable as a whole. A crash before that fence
// leaves the record before this one the newest.
#pragma once
#include "log/areas.h"

namespace snapshot {

// What the header says of a record (format.h).
struct RecordFacts {
  u64 run_count;
  u64 line_count;
  u64 size_before;
  u64 size_after;
  u64 new_digest;
};

class RecordWriter {
 public:
  // reserve_record() must have made room for format::record_bytes(run_count, line_count).
  RecordWriter(Log *log, const RecordFacts &facts);

  // Where the next 64 bytes of the body are to be put; they count once the next call to line() or seal() is
  // made.
  u8 *line() {
    if (SNAPSHOT_UNLIKELY(end_ == log_->staging + Log::kStagingBytes)) flush_piece();
    u8 *at = end_;
    end_ += kLineBytes;
    return at;
  }

  // Completes the record; everything is handed to the medium when it returns, and durable after the next
  // fence. On page-cache media a write can fail (ENOSPC, EIO): then the record is void and may be written
  // again.
  Status seal();

 private:
  format::RecordHeader *header() { return reinterpret_cast<format::RecordHeader *>(log_->staging); }
  u8 *body() const { return log_->staging + sizeof(format::RecordHeader); }
  bool nothing_flushed() const;
  void hash_piece();
  void flush_piece();
  void put(u64 offset_in_record, const void *from, u64 bytes);

  Log *log_;
  Area *area_;
  u8 *end_;  // of what is in the staging buffer: the header, and the piece of the body that is being filled
  u64 written_ =
      sizeof(format::RecordHeader);  // bytes of the record that have been handed over, and the header
  u64 checksum_ = 0;
  Status status_;
};

}  // namespace snapshot
