#include "recovery/span_writer.h"

#include "base/step.h"
#include "platform/file_io.h"

namespace snapshot {
namespace {

// Whether the bytes are right because they lie in a hole.
bool right_in_hole(int data_fd, u64 offset, const u8 *from, const u8 *now, u64 bytes) {
  if (!all_zero(from, bytes) || !all_zero(now, bytes)) return false;
  const long data = sys::lseek(data_fd, static_cast<long>(offset), SEEK_DATA);
  return data == -ENXIO || (!sys::failed(data) && static_cast<u64>(data) >= offset + bytes);
}

// Of the bytes that go to offset and those behind it, where those of the next page begin.
u64 page_end(u64 offset, u64 at, u64 bytes) {
  return min_u64(bytes, round_down(offset + at, kPageBytes) + kPageBytes - offset);
}

// Whether a page gets nothing but zeros, so that it may be a hole that is to stay one.
bool has_empty_page(const u8 *from, u64 bytes, u64 offset) {
  for (u64 at = 0, end; at < bytes; at = end) {
    end = page_end(offset, at, bytes);
    if (all_zero(from + at, end - at)) return true;
  }
  return false;
}

// Leaves out pages that are right and holes: a full disk has no blocks for them.
Status write_span(int fd, const u8 *from, const u8 *now, u64 bytes, u64 offset) {
  u64 begin = 0;
  for (u64 at = 0, end; at < bytes; at = end) {
    end = page_end(offset, at, bytes);
    if (!right_in_hole(fd, offset + at, from + at, now + at, end - at)) continue;
    if (Status s = write_exactly(fd, from + begin, at - begin, offset + begin); !s.ok()) return s;
    begin = end;
  }
  return write_exactly(fd, from + begin, bytes - begin, offset + begin);
}

}  // namespace

Status read_lines(int data_fd, u64 offset, u64 bytes, u64 size, u8 *to) {
  const u64 inside = offset >= size ? 0 : min_u64(bytes, size - offset);
  u64 done = 0;
  while (done < inside) {
    const long n = sys::pread(data_fd, to + done, inside - done, offset + done);
    if (n == -EINTR) continue;
    if (sys::failed(n)) return sys::status(n);
    if (n == 0) break;
    done += static_cast<u64>(n);
  }
  fill_bytes(to + done, 0, bytes - done);
  return kOk;
}

Status SpanWriter::write(const LogView &log, const RecordView &record, bool from_log, u64 size) {
  from_log_ = from_log;
  size_ = size;
  record_end_ = record.end();
  RecordCursor cursor(log.fd, record);
  LinePiece lines;
  while (cursor.next(&lines))
    if (Status s = add(lines); !s.ok()) return s;
  return cursor.status().ok() ? finish() : cursor.status();
}

// A line that comes again, or before the last one, begins a span: of two copies of a line the later one wins.
// So does one behind a page without lines, which may be a hole, and is none of ours.
bool SpanWriter::continues(const LinePiece &piece) const {
  return count_ != 0 && count_ != kPieces && piece.log_offset == pieces_[0].log_offset + log_bytes_ &&
         piece.file_offset >= end_ && piece.file_offset / kPageBytes <= (end_ - 1) / kPageBytes + 1 &&
         piece.file_offset + piece.bytes - pieces_[0].file_offset <= kSpanBytes;
}

Status SpanWriter::add(const LinePiece &piece) {
  if (piece.file_offset >= size_) return kOk;
  if (!continues(piece))
    if (Status s = finish(); !s.ok()) return s;
  pieces_[count_++] = piece;
  end_ = piece.file_offset + piece.bytes;
  log_bytes_ += piece.bytes;
  return kOk;
}

// The lines of the span. Of a record whose lines are all over the file each is a span, so that more is read
// than one, up to the record's end.
Status SpanWriter::read_log(const u8 **lines) {
  const u64 at = pieces_[0].log_offset;
  u8 *const buffer = buffer_.data() + 2 * kSpanBytes;
  if (at < log_begin_ || at + log_bytes_ > log_end_) {
    log_begin_ = log_end_ = at;
    const u64 bytes = min_u64(kSpanBytes, record_end_ - at);
    if (Status s = read_exactly(log_fd_, buffer, bytes, at); !s.ok()) return s;
    log_end_ = at + bytes;
  }
  *lines = buffer + (at - log_begin_);
  return kOk;
}

void SpanWriter::merge(const u8 *lines, const u8 *now, u8 *to) const {
  copy_bytes(to, now, end_ - pieces_[0].file_offset);
  for (u64 i = 0; i < count_; lines += pieces_[i++].bytes)
    copy_lines(to + (pieces_[i].file_offset - pieces_[0].file_offset), lines, pieces_[i].bytes / kLineBytes);
}

Status SpanWriter::finish() {
  if (count_ == 0) return kOk;
  const u64 begin = pieces_[0].file_offset, bytes = min_u64(end_, size_) - begin;
  const bool has_gaps = end_ - begin != log_bytes_;
  u8 *const now = buffer_.data(), *const merged = now + kSpanBytes;
  const u8 *lines = now;
  if (from_log_)
    if (Status s = read_log(&lines); !s.ok()) return s;
  if (!from_log_ || has_gaps || has_empty_page(lines, bytes, begin)) {
    if (Status s = read_lines(data_fd_, begin, end_ - begin, size_, now); !s.ok()) return s;
    if (from_log_ && has_gaps) {
      merge(lines, now, merged);
      lines = merged;
    }
    if (Status s = write_span(data_fd_, lines, now, bytes, begin); !s.ok()) return s;
  } else if (Status s = write_exactly(data_fd_, lines, bytes, begin); !s.ok()) {
    return s;
  }
  SNAPSHOT_STEP("recovery-line");
  count_ = log_bytes_ = 0;
  return kOk;
}

}  // namespace snapshot
