// Writes the lines of a record to the data file, in their order. Lines that follow each other upwards in the
// file, and leave out no whole page, are written by one system call, together with what the file has between
// them: bytes that are written as they were read stay what they are, however little of it a crash lets
// through.
//
// One thread; the file is locked, so that nobody else writes to it.
#pragma once
#include "log/record_cursor.h"
#include "platform/grow_buffer.h"

namespace snapshot {

// Reads lines of the data file as the commit saw them: what lies at or beyond size counts as zeros.
Status read_lines(int data_fd, u64 offset, u64 bytes, u64 size, u8 *to);

class SpanWriter {
 public:
  SpanWriter(int log_fd, int data_fd) : log_fd_(log_fd), data_fd_(data_fd) {}

  // Before anything else. ENOMEM.
  Status reserve() { return buffer_.reserve(3 * kSpanBytes); }
  // The lines of a record. from_log: what the log has; else once more what the file has. Nothing is written
  // beyond size.
  Status write(const LogView &log, const RecordView &record, bool from_log, u64 size);
  void release() { buffer_.release(); }

 private:
  static constexpr u64 kSpanBytes = 128 << 10;
  static constexpr u64 kPieces = 512;
  static_assert(RecordCursor::kPieceBytes <= kSpanBytes);

  Status add(const LinePiece &piece);
  Status finish();
  bool continues(const LinePiece &piece) const;
  Status read_log(const u8 **lines);
  void merge(const u8 *lines, const u8 *now, u8 *to) const;

  int log_fd_, data_fd_;
  bool from_log_ = false;
  u64 size_ = 0;
  GrowBuffer<u8> buffer_;            // what the file has, what it is to have, what the log has
  u64 log_begin_ = 0, log_end_ = 0;  // where in the log the last of these is
  u64 record_end_ = 0;
  u64 count_ = 0;
  u64 end_ = 0, log_bytes_ = 0;  // of the pieces so far
  LinePiece pieces_[kPieces];
};

}  // namespace snapshot
