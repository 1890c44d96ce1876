#include "log/record_cursor.h"

namespace snapshot {

bool RecordCursor::load_run() {
  const u64 index = run_ % kRunsPerRead;
  if (index == 0) {
    const u64 n = min_u64(kRunsPerRead, record_.header.run_count - run_);
    status_ = read_exactly(fd_, runs_, n * sizeof(u64), record_.runs_offset() + run_ * sizeof(u64));
    if (!status_.ok()) return false;
  }
  run_line_ = format::run_line(runs_[index]);
  run_lines_left_ = format::run_count(runs_[index]);
  ++run_;
  return true;
}

bool RecordCursor::next(LinePiece *out) {
  if (lines_left_ == 0) return false;
  if (run_lines_left_ == 0 && !load_run()) return false;
  const u64 lines = min_u64(run_lines_left_, kLinesPerPiece);
  out->file_offset = run_line_ * kLineBytes;
  out->log_offset = record_.lines_offset() + line_ * kLineBytes;
  out->bytes = lines * kLineBytes;
  run_line_ += lines;
  run_lines_left_ -= lines;
  line_ += lines;
  lines_left_ -= lines;
  return true;
}

}  // namespace snapshot
