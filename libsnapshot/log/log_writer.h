// Writes one undo record into the area of the next sequence number (format.h).
//
// The body is given line by line: first the run table, then the old lines. Pieces are hashed and handed to
// the medium as they fill up; the header, which holds the checksum of everything, goes last. Nothing orders
// these writes among themselves: the checksum makes a record that is only partly there count as not there,
// and the fence that follows seal() makes it durable as a whole. A crash before that fence leaves the record
// before this one the newest.
#pragma once
#include "log/areas.h"

namespace snapshot {

class RecordWriter {
 public:
  // reserve_record() must have made room for format::record_bytes(run_count, line_count).
  RecordWriter(Log *log, u64 run_count, u64 line_count);

  // Where the next 64 bytes of the body are to be put; they count once the next call to line() or seal() is
  // made.
  u8 *line() {
    if (SNAPSHOT_UNLIKELY(used_ == format::kHashPiece)) flush_piece();
    u8 *at = piece_ + used_;
    used_ += kLineBytes;
    return at;
  }

  // Completes the record; everything is handed to the medium when it returns, and durable after the next
  // fence. On page-cache media a write can fail (ENOSPC, EIO): then the record is void and may be written
  // again.
  Status seal(u64 size_before, u64 size_after, u64 new_digest);

 private:
  void flush_piece();
  void put(u64 offset_in_record, const void *from, u64 bytes);

  Log *log_;
  Area *area_;
  alignas(kLineBytes) format::RecordHeader header_{};  // copied as a line
  u8 *piece_;
  u64 used_ = 0;
  u64 written_ =
      sizeof(format::RecordHeader);  // bytes of the record that have been handed over, without the header
  u64 chain_;
  Status status_;
};

}  // namespace snapshot
