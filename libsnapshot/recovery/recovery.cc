#include "recovery/recovery.h"

#include "base/step.h"
#include "base/syscall.h"
#include "platform/grow_buffer.h"
#include "platform/hash.h"
#include "recovery/record_cursor.h"

namespace snapshot {
namespace {

Status refuse(const char *data_path, const char *log_path, int error, const char *what) {
  Message m;
  m << data_path << ": " << what << " (log " << log_path
    << "); nothing was changed: keep copies of both files, and remove the log only to give up what it "
       "protects";
  return fail(error, m);
}

Status unreadable(const char *data_path, Status s) {
  Message m;
  m << data_path << ": cannot be read or written during recovery: " << error_words(s.error)
    << "; mend that and recover again, nothing is lost";
  return fail(s.error, m);
}

// Reads lines of the data file as the commit saw them: what lies at or beyond size counts as zeros.
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

// Whether the data file holds exactly the new lines of the record.
Status matches_digest(const LogView &log, const RecordView &record, int data_fd, u8 *piece, bool *matches) {
  u64 digest = record.header.sequence;
  RecordCursor cursor(log.fd, record);
  LinePiece lines;
  while (cursor.next(&lines)) {
    if (Status s = read_lines(data_fd, lines.file_offset, lines.bytes, record.header.size_after, piece);
        !s.ok())
      return s;
    digest = hash_lines(log.key, digest, piece, lines.bytes);
  }
  if (!cursor.status().ok()) return cursor.status();
  *matches = digest == record.header.new_digest;
  return kOk;
}

// No record is whole. That is right only if the first one, which goes to area 1, was being written, or none
// ever was.
bool never_committed(const LogView &log) {
  return log.record[0].state == AreaState::empty && log.record[1].state != AreaState::whole;
}

// A record may be incomplete in place only while the one before it still stands in the other area: the next
// record is not begun before this one is complete. So if the other area shows anything else, this record is
// complete, and if the data then does not match, something was damaged after the crash. The size it would go
// back to is the one that the commit before left, or the file had when it was opened.
bool may_be_incomplete(const LogView &log, unsigned newest) {
  const RecordView &n = log.record[newest], &other = log.record[newest ^ 1];
  if (n.header.sequence == 1)
    return other.state == AreaState::empty && n.header.size_before == log.header.size_at_open;
  return other.state == AreaState::whole && other.header.sequence + 1 == n.header.sequence &&
         other.header.size_after == n.header.size_before;
}

Status judge(const LogView &log, int data_fd, const char *data_path, const char *log_path, Findings *out) {
  const RecordView &n = log.record[out->area];
  out->sequence = n.header.sequence;
  out->lines = n.header.line_count;
  GrowBuffer<u8> piece;
  bool matches = false;
  Status s = piece.reserve(RecordCursor::kPieceBytes);
  if (s.ok()) s = matches_digest(log, n, data_fd, piece.data(), &matches);
  piece.release();
  if (!s.ok()) return unreadable(data_path, s);
  // Also when the lines match: those that a shorter file has lost may not be among them.
  if (out->size_now < min_u64(n.header.size_before, n.header.size_after))
    return refuse(data_path, log_path, EBADMSG, "the file is shorter than any commit left it");
  if (matches) {
    out->verdict = Verdict::complete;
    out->size_recovered = n.header.size_after;
    return kOk;
  }
  if (!may_be_incomplete(log, out->area))
    return refuse(data_path, log_path, EBADMSG,
                  "log and file contradict each other: one of them was damaged "
                  "or changed after the crash");
  out->verdict = Verdict::undo;
  out->size_recovered = n.header.size_before;
  return kOk;
}

// Whether the bytes are right because they lie in a hole.
bool right_in_hole(int data_fd, u64 offset, const u8 *from, const u8 *now, u64 bytes) {
  if (!all_zero(from, bytes) || !all_zero(now, bytes)) return false;
  const long data = sys::lseek(data_fd, static_cast<long>(offset), SEEK_DATA);
  return data == -ENXIO || (!sys::failed(data) && static_cast<u64>(data) >= offset + bytes);
}

Status write_all(int fd, const u8 *from, u64 bytes, u64 offset) {
  for (u64 done = 0; done < bytes;) {
    const long n = sys::pwrite(fd, from + done, bytes - done, offset + done);
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? Status{ENOSPC} : sys::status(n);
    done += static_cast<u64>(n);
  }
  return kOk;
}

// Leaves out pages that are right and holes: a full disk has no blocks for them.
Status write_piece(int fd, const u8 *from, const u8 *now, u64 bytes, u64 offset) {
  u64 begin = 0;
  for (u64 at = 0, end; at < bytes; at = end) {
    end = min_u64(bytes, round_down(offset + at, kPageBytes) + kPageBytes - offset);
    if (!right_in_hole(fd, offset + at, from + at, now + at, end - at)) continue;
    if (Status s = write_all(fd, from + begin, at - begin, offset + begin); !s.ok()) return s;
    begin = end;
  }
  return write_all(fd, from + begin, bytes - begin, offset + begin);
}

// Writes the lines of the record: the old ones, or, of a complete commit, once more those that the file has.
// Also where the file is right already: after a sync that failed the kernel counts its pages as clean, and
// the next sync, which "succeeds", writes none of them (Rebello et al., "Can Applications Recover from fsync
// Failures?", USENIX ATC 2020).
Status write_lines(const LogView &log, const Findings &findings, int data_fd, u8 *lines_now, u8 *old_lines) {
  const bool undo = findings.verdict == Verdict::undo;
  const u64 size = findings.size_recovered;
  RecordCursor cursor(log.fd, log.record[findings.area]);
  LinePiece lines;
  while (cursor.next(&lines)) {
    if (lines.file_offset >= size) continue;
    const u64 bytes = min_u64(lines.bytes, size - lines.file_offset);
    if (Status s = read_lines(data_fd, lines.file_offset, bytes, size, lines_now); !s.ok()) return s;
    if (undo)
      if (Status s = read_exactly(log.fd, old_lines, lines.bytes, lines.log_offset); !s.ok()) return s;
    const u8 *from = undo ? old_lines : lines_now;
    if (Status s = write_piece(data_fd, from, lines_now, bytes, lines.file_offset); !s.ok()) return s;
    SNAPSHOT_STEP("recovery-line");
  }
  return cursor.status();
}

}  // namespace

Status examine(const LogView &log, int data_fd, const char *data_path, const char *log_path, Findings *out) {
  *out = {};
  struct stat st;
  FileIdentity identity;
  Status s = sys::status(sys::fstat(data_fd, &st));
  if (s.ok()) s = identify(data_fd, &identity);
  if (!s.ok()) return unreadable(data_path, s);
  out->size_now = out->size_recovered = static_cast<u64>(st.st_size);
  if (log.retired) {
    out->verdict = Verdict::retired;
    return kOk;
  }
  if (!same_file(identity, {log.header.file_inode, log.header.file_birth_ns}))
    return refuse(data_path, log_path, ESTALE,
                  "the log belongs to another file: if this one was copied or "
                  "restored, recover the original first; if it was created anew, "
                  "remove the log");
  const bool whole[2] = {log.record[0].state == AreaState::whole, log.record[1].state == AreaState::whole};
  if (!whole[0] && !whole[1]) {
    if (!never_committed(log))
      return refuse(data_path, log_path, EBADMSG, "no record of the log is whole: it was damaged");
    out->verdict = Verdict::complete;
    out->size_recovered = log.header.size_at_open;
    if (out->size_now < out->size_recovered)
      return refuse(data_path, log_path, EBADMSG, "the file is shorter than when it was opened");
    return kOk;
  }
  out->area =
      whole[0] && (!whole[1] || log.record[0].header.sequence > log.record[1].header.sequence) ? 0 : 1;
  return judge(log, data_fd, data_path, log_path, out);
}

Status apply(const LogView &log, const Findings &findings, int data_fd, const char *data_path) {
  if (findings.verdict == Verdict::no_log || findings.verdict == Verdict::retired) return kOk;
  Status s;
  if (findings.sequence != 0) {
    GrowBuffer<u8> buffer;
    s = buffer.reserve(2 * RecordCursor::kPieceBytes);
    if (s.ok())
      s = write_lines(log, findings, data_fd, buffer.data(), buffer.data() + RecordCursor::kPieceBytes);
    buffer.release();
  }
  SNAPSHOT_STEP("recovery-restored");
  if (s.ok() && findings.size_now != findings.size_recovered)
    s = sys::status(sys::ftruncate(data_fd, findings.size_recovered));
  SNAPSHOT_STEP("recovery-resized");
  // After a kill the lines of a complete commit, too, may be in the page cache only, and nobody else will
  // sync them once the log is gone.
  if (s.ok()) s = sys::status(sys::fsync(data_fd));
  SNAPSHOT_STEP("recovery-synced");
  return s.ok() ? kOk : unreadable(data_path, s);
}

const char *verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::no_log:
      return "no log";
    case Verdict::retired:
      return "closed cleanly";
    case Verdict::complete:
      return "complete";
    case Verdict::undo:
      return "incomplete";
  }
  return "";
}

}  // namespace snapshot
