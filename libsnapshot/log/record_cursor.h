// Walks the lines of a record in order, in pieces that lie side by side in the data file and in the log.
#pragma once
#include "log/log_reader.h"

namespace snapshot {

struct LinePiece {
  u64 file_offset;  // bytes, in the data file
  u64 log_offset;   // bytes, in the log: where the old lines are
  u64 bytes;        // at most RecordCursor::kPieceBytes
};

class RecordCursor {
 public:
  static constexpr u64 kPieceBytes = 16 << 10;

  // The record must be AreaState::whole: its runs have been bounded.
  RecordCursor(int log_fd, const RecordView &record)
      : fd_(log_fd), record_(record), lines_left_(record.header.line_count) {}

  // false at the end, or after an error: see status().
  bool next(LinePiece *out);
  Status status() const { return status_; }

 private:
  bool load_run();

  static constexpr u64 kRunsPerRead = 512;
  static constexpr u64 kLinesPerPiece = kPieceBytes / kLineBytes;
  int fd_;
  const RecordView &record_;
  u64 lines_left_;
  u64 line_ = 0;      // within the record
  u64 run_ = 0;       // next to load
  u64 run_line_ = 0;  // next line of the current run, in the data file
  u64 run_lines_left_ = 0;
  u64 runs_[kRunsPerRead] = {};
  Status status_;
};

}  // namespace snapshot
