#include "recovery/recovery.h"

#include "base/step.h"
#include "base/syscall.h"
#include "log/record_cursor.h"
#include "platform/grow_buffer.h"
#include "platform/hash.h"
#include "recovery/span_writer.h"

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

// Whether the older record is that of the commit before. A log has records of one kind only.
bool follows(const RecordView &newer, const RecordView &older) {
  return older.state == AreaState::whole && older.header.magic == newer.header.magic &&
         older.header.sequence + 1 == newer.header.sequence &&
         older.header.size_after == newer.header.size_before;
}

// A redo record is of a commit that is over, or will be. The one before, if the other area still has it, may
// not be all there either: what made the newest record whole need not have been its fence. If it has not, the
// next one had been begun, or the area had moved, after that fence.
bool fits_redo(const LogView &log, unsigned newest, bool *both) {
  const RecordView &n = log.record[newest], &other = log.record[newest ^ 1];
  *both = other.state == AreaState::whole;
  if (*both) return follows(n, other);
  return n.header.sequence != 1 || n.header.size_before == log.header.size_at_open;
}

// Appended records are written where the data file was synced as the record before the first one left it. The
// other area has what came before that, until records of a later time overwrite it: while the first of these
// is being written, the last ones there may be gone and the first ones still be whole.
bool fits_appended(const LogView &log, unsigned newest) {
  const RecordView &n = log.record[newest], &other = log.record[newest ^ 1];
  if (log.record_missing) return false;
  if (n.first_sequence == 1)
    return other.state != AreaState::whole && n.first_size == log.header.size_at_open;
  if (other.state != AreaState::whole) return true;
  if (!other.appended()) return false;
  return other.header.sequence + 1 == n.first_sequence ? other.header.size_after == n.first_size
                                                       : other.header.sequence < n.first_sequence;
}

// No record is whole. That is right only if the first one, which goes to area 1, was being written, or none
// ever was.
bool never_committed(const LogView &log) {
  return log.record[0].state == AreaState::empty && log.record[1].state != AreaState::whole &&
         !log.record_missing;
}

// A record may be incomplete in place only while the one before it still stands in the other area: the next
// record is not begun before this one is complete. So if the other area shows anything else, this record is
// complete, and if the data then does not match, something was damaged after the crash. The size it would go
// back to is the one that the commit before left, or the file had when it was opened.
bool may_be_incomplete(const LogView &log, unsigned newest) {
  const RecordView &n = log.record[newest], &other = log.record[newest ^ 1];
  if (n.header.sequence == 1)
    return other.state == AreaState::empty && n.header.size_before == log.header.size_at_open;
  return follows(n, other);
}

Status contradiction(const char *data_path, const char *log_path) {
  return refuse(data_path, log_path, EBADMSG,
                "log and file contradict each other: one of them was damaged "
                "or changed after the crash");
}

Status too_short(const char *data_path, const char *log_path) {
  return refuse(data_path, log_path, EBADMSG, "the file is shorter than any commit left it");
}

Status judge_redo(const LogView &log, const char *data_path, const char *log_path, Findings *out) {
  const RecordView &n = log.record[out->area];
  bool both;
  if (!fits_redo(log, out->area, &both)) return contradiction(data_path, log_path);
  if (out->size_now < min_u64(n.header.size_before, n.header.size_after))
    return too_short(data_path, log_path);
  out->verdict = Verdict::complete;
  out->redo = both ? 2 : 1;
  out->size_recovered = n.header.size_after;
  return kOk;
}

Status judge_appended(const LogView &log, const char *data_path, const char *log_path, Findings *out) {
  const RecordView &n = log.record[out->area];
  if (!fits_appended(log, out->area)) return contradiction(data_path, log_path);
  // No size since then need have reached the disk.
  if (out->size_now < n.smallest_size) return too_short(data_path, log_path);
  out->verdict = Verdict::complete;
  out->redo = n.count;
  out->size_recovered = n.header.size_after;
  return kOk;
}

Status judge_undo(const LogView &log, int data_fd, const char *data_path, const char *log_path,
                  Findings *out) {
  const RecordView &n = log.record[out->area];
  GrowBuffer<u8> piece;
  bool matches = false;
  Status s = piece.reserve(RecordCursor::kPieceBytes);
  if (s.ok()) s = matches_digest(log, n, data_fd, piece.data(), &matches);
  piece.release();
  if (!s.ok()) return unreadable(data_path, s);
  // Also when the lines match: those that a shorter file has lost may not be among them.
  if (out->size_now < min_u64(n.header.size_before, n.header.size_after))
    return too_short(data_path, log_path);
  if (matches) {
    out->verdict = Verdict::complete;
    out->size_recovered = n.header.size_after;
    return kOk;
  }
  if (!may_be_incomplete(log, out->area)) return contradiction(data_path, log_path);
  out->verdict = Verdict::undo;
  out->size_recovered = n.header.size_before;
  return kOk;
}

// In their order. Only the last one can have made the file shorter (log_reader.cc), so nothing that it cut
// off comes back.
Status write_appended(const LogView &log, const Findings &findings, SpanWriter &writer) {
  const Area &area = log.record[findings.area].area;
  RecordView record;
  u64 at = area.offset;
  for (u64 left = findings.redo; left != 0; --left, at = record.end()) {
    if (Status s = read_record_at(log, area, at, &record); !s.ok()) return s;
    const u64 size = min_u64(record.header.size_after, findings.size_recovered);
    if (Status s = writer.write(log, record, true, size); !s.ok()) return s;
  }
  return kOk;
}

// The older record first. What it has beyond its own size is not written, and need not be zeros: the file
// cannot grow again before a cut is durable, or the next record has the zeros (commit/resize.cc).
Status write_redo(const LogView &log, const Findings &findings, SpanWriter &writer) {
  for (u64 left = findings.redo; left != 0; --left) {
    const RecordView &record = log.record[findings.area ^ (left - 1)];
    const u64 size = min_u64(record.header.size_after, findings.size_recovered);
    if (Status s = writer.write(log, record, true, size); !s.ok()) return s;
  }
  return kOk;
}

// The lines of the records that count, as far as they lie before the size: those that they hold, or, of a
// complete undo commit, once more those that the file has. Also where the file is right already: after a sync
// that failed the kernel counts its pages as clean, and the next sync, which "succeeds", writes none of them
// (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
Status write_records(const LogView &log, const Findings &findings, int data_fd) {
  if (findings.sequence == 0) return kOk;
  const RecordView &newest = log.record[findings.area];
  SpanWriter writer(log.fd, data_fd);
  Status s = writer.reserve();
  if (s.ok())
    s = newest.appended() ? write_appended(log, findings, writer)
        : findings.redo != 0
            ? write_redo(log, findings, writer)
            : writer.write(log, newest, findings.verdict == Verdict::undo, findings.size_recovered);
  writer.release();
  return s;
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
  const format::RecordHeader &newest = log.record[out->area].header;
  out->sequence = newest.sequence;
  out->lines = newest.line_count;
  if (newest.magic == format::kAppendMagic) return judge_appended(log, data_path, log_path, out);
  if (newest.magic == format::kRedoMagic) return judge_redo(log, data_path, log_path, out);
  return judge_undo(log, data_fd, data_path, log_path, out);
}

Status apply(const LogView &log, const Findings &findings, int data_fd, const char *data_path) {
  if (findings.verdict == Verdict::no_log || findings.verdict == Verdict::retired) return kOk;
  // At once, not line by line.
  Status s = findings.size_now < findings.size_recovered
                 ? sys::status(sys::ftruncate(data_fd, findings.size_recovered))
                 : kOk;
  if (s.ok()) s = write_records(log, findings, data_fd);
  SNAPSHOT_STEP("recovery-restored");
  if (s.ok() && findings.size_now > findings.size_recovered)
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
