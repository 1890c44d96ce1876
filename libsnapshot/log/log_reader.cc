#include "log/log_reader.h"

#include "base/syscall.h"
#include "platform/grow_buffer.h"

namespace snapshot {
namespace {

Status refuse(const char *path, const char *what, const char *advice) {
  Message m;
  m << path << ": " << what << "; " << advice;
  return fail(EBADMSG, m);
}

constexpr const char *kKeepBoth =
    "nothing was changed: keep copies of both files, and remove the log only to give up what it protects";

constexpr u64 kPieceBytes = kCheckBytes;

// What a file's size, an off_t, can be.
constexpr u64 kFileBytesMax = (u64{1} << 63) - 1;

Status read_header(int fd, const char *path, u64 bytes, format::Header *out) {
  if (bytes < format::kFirstAreaOffset)
    return refuse(path, "the log is truncated (its header is not whole)", kKeepBoth);
  if (Status s = read_exactly(fd, out, sizeof *out, format::kHeaderOffset); !s.ok()) return s;
  if (out->magic != format::kMagic) return refuse(path, "this is not a Snapshot log", kKeepBoth);
  if (out->version != format::kVersion) {
    Message m;
    m << path << ": the log has format version " << out->version << ", this library reads version "
      << format::kVersion << "; recover it with the version that wrote it";
    return fail(EBADMSG, m);
  }
  if (out->architecture != format::kArchitecture)
    return refuse(path, "the log was written on another architecture", "recover it on that architecture");
  format::Header copy = *out;
  copy.checksum = 0;
  if (out->checksum != hash_lines(HashKey(format::kMagic), 0, &copy, sizeof copy))
    return refuse(path, "the log's header is damaged", kKeepBoth);
  return kOk;
}

// A mark that cannot be read is not one that is missing: without it a file that was closed, and perhaps
// changed since, would be undone.
Status read_retired_mark(int fd, const LogView &log, bool *retired) {
  format::Retired mark;
  if (Status s = read_exactly(fd, &mark, sizeof mark, format::kRetiredOffset); !s.ok()) return s;
  const u64 checksum = mark.checksum;
  mark.checksum = 0;
  *retired = mark.magic == format::kRetiredMagic && mark.log_id == log.header.log_id &&
             checksum == hash_lines(log.key, 0, &mark, sizeof mark);
  return kOk;
}

// The numbers of a record header that the rest of the checks index with. room: bytes from the header to the
// end of its area.
bool plausible(const format::RecordHeader &h, const format::Header &log, u64 room) {
  if (h.magic != format::kUndoMagic && h.magic != format::kRedoMagic && h.magic != format::kAppendMagic)
    return false;
  if (h.log_id != log.log_id || h.sequence == 0) return false;
  if (h.magic == format::kAppendMagic && h.durable >= h.sequence) return false;
  if (max_u64(h.size_before, h.size_after) > kFileBytesMax) return false;
  room -= sizeof h;
  if (format::run_table_bytes(h.run_count) > room) return false;
  return h.line_count <= (room - format::run_table_bytes(h.run_count)) / kLineBytes;
}

// A record that cannot be read is not a torn one: the status keeps them apart.
Status check_sum(const LogView &log, const RecordView &record, u8 *piece, bool *holds) {
  format::RecordHeader copy = record.header;
  copy.checksum = 0;
  u64 sum = hash_lines(log.key, 0, &copy, sizeof copy);
  u64 left = format::record_bytes(copy.run_count, copy.line_count) - sizeof copy;
  for (u64 at = record.runs_offset(); left != 0;) {
    const u64 n = min_u64(left, kPieceBytes);
    if (Status s = read_exactly(log.fd, piece, n, at); !s.ok()) return s;
    sum = hash_lines(log.key, sum, piece, n);
    at += n, left -= n;
  }
  *holds = record.header.checksum == sum;
  return kOk;
}

// The record whose header r has.
Status check_record(const LogView &log, const RecordView &r, u8 *piece, bool *whole) {
  bool holds = false;
  *whole = false;
  if (!plausible(r.header, log.header, r.area.end() - r.offset)) return kOk;
  if (Status s = check_sum(log, r, piece, &holds); !s.ok() || !holds) return s;
  return check_runs(log.fd, r, piece, whole);
}

// Appended records: the one that follows. A commit that made the file shorter is the last of its area.
bool continues(const format::RecordHeader &next, const format::RecordHeader &last) {
  return next.magic == format::kAppendMagic && next.sequence == last.sequence + 1 &&
         next.size_before == last.size_after && last.size_after >= last.size_before;
}

Status read_appended(const LogView &log, RecordView *r, u8 *piece) {
  for (;;) {
    RecordView next;
    next.area = r->area;
    next.offset = r->end();
    if (next.offset == r->area.end()) return kOk;
    if (Status s = read_exactly(log.fd, &next.header, sizeof next.header, next.offset); !s.ok()) return s;
    bool whole = false;
    if (continues(next.header, r->header))
      if (Status s = check_record(log, next, piece, &whole); !s.ok()) return s;
    if (!whole) return kOk;
    r->offset = next.offset;
    r->header = next.header;
    r->smallest_size = min_u64(r->smallest_size, next.header.size_after);
    ++r->count;
  }
}

// An area gets its blocks before its entry is written, so a whole entry never points beyond the end of the
// log.
Status read_record(LogView *log, const char *path, unsigned index, u8 *piece) {
  RecordView *r = &log->record[index];
  format::AreaEntry entry;
  if (Status s = read_exactly(log->fd, &entry, sizeof entry, format::kAreaEntryOffset[index]); !s.ok())
    return s;
  if (!parse_area_entry(entry, log->header.log_id, index, &r->area)) return kOk;
  if (r->area.end() > log->bytes)
    return refuse(path, "the log is truncated (an area is not whole)", kKeepBoth);
  r->offset = r->area.offset;
  if (Status s = read_exactly(log->fd, &r->header, sizeof r->header, r->offset); !s.ok()) return s;
  if (all_zero(&r->header, sizeof r->header)) {
    r->state = AreaState::empty;
    return kOk;
  }
  if (!r->appended() && format::area_of(r->header.sequence) != index) return kOk;
  bool whole;
  if (Status s = check_record(*log, *r, piece, &whole); !s.ok()) return s;
  if (!whole) return kOk;
  r->state = AreaState::whole;
  r->count = 1;
  r->first_sequence = r->header.sequence;
  r->first_size = r->header.size_before;
  r->smallest_size = min_u64(r->header.size_before, r->header.size_after);
  return r->appended() ? read_appended(*log, r, piece) : kOk;
}

// Appended records are durable one after the other, with few exceptions (MS_ASYNC), and each says which ones
// were when it was written. So a damaged one does not look like the end of the log as long as there is one
// behind it.
// Hashing candidates is bounded, whatever the log consists of: a true log has one at most.
Status look_for_later(LogView *log, unsigned index, u64 newest, u8 *piece) {
  const Area &area = log->record[index].area;
  const RecordView &known = log->record[index];
  u64 budget = 2 * area.capacity + kPieceBytes;
  for (u64 at = known.state == AreaState::whole ? known.end() : area.offset; at < area.end();) {
    const u64 n = min_u64(area.end() - at, kPieceBytes);
    if (Status s = read_exactly(log->fd, piece, n, at); !s.ok()) return s;
    for (u64 k = 0; k < n; k += kLineBytes) {
      format::RecordHeader h;
      __builtin_memcpy(&h, piece + k, sizeof h);
      if (SNAPSHOT_LIKELY(h.magic != format::kAppendMagic || h.durable <= newest)) continue;
      RecordView later;
      later.area = area;
      later.offset = at + k;
      later.header = h;
      if (!plausible(h, log->header, area.end() - later.offset)) continue;
      const u64 bytes = later.end() - later.offset;
      bool whole = bytes > budget;
      budget -= min_u64(budget, bytes);
      // In its own piece of memory: this one is being walked.
      if (!whole)
        if (Status s = check_record(*log, later, piece + kPieceBytes, &whole); !s.ok()) return s;
      if (whole) {
        log->record_missing = true;
        return kOk;
      }
    }
    at += n;
  }
  return kOk;
}

Status look_for_missing(LogView *log, u8 *piece) {
  u64 newest = 0;
  for (const RecordView &r : log->record)
    if (r.state == AreaState::whole) newest = max_u64(newest, r.header.sequence);
  for (unsigned i = 0; i < 2 && !log->record_missing; ++i)
    if (Status s = look_for_later(log, i, newest, piece); !s.ok()) return s;
  return kOk;
}

// What has kept a log from being read, in words unless it has some.
Status report(const char *path, Status s) {
  if (s.ok() || s.error == EBADMSG) return s;
  if (s.error == ENODATA) return refuse(path, "the log is truncated (it ends while it is read)", kKeepBoth);
  Message m;
  m << path << ": the log cannot be read: " << error_words(s.error) << "; nothing was changed";
  return fail(s.error, m);
}

}  // namespace

Status check_runs(int fd, const RecordView &record, u8 *piece, bool *fit) {
  *fit = false;
  const format::RecordHeader &h = record.header;
  const u64 extent = max_u64(h.size_before, h.size_after);
  const u64 extent_lines = extent / kLineBytes + (extent % kLineBytes != 0);
  u64 lines = 0;
  constexpr u64 kPerPiece = kCheckBytes / sizeof(u64);
  for (u64 i = 0; i < h.run_count; i += kPerPiece) {
    const u64 n = min_u64(kPerPiece, h.run_count - i);
    const u64 at = record.runs_offset() + i * sizeof(u64);
    if (Status s = read_exactly(fd, piece, n * sizeof(u64), at); !s.ok()) return s;
    for (u64 k = 0; k < n; ++k) {
      u64 packed;
      __builtin_memcpy(&packed, piece + k * sizeof packed, sizeof packed);
      const u64 first = format::run_line(packed), count = format::run_count(packed);
      if (count == 0 || first >= extent_lines || count > extent_lines - first) return kOk;
      lines += count;
    }
  }
  *fit = lines == h.line_count;
  return kOk;
}

Status read_record_at(const LogView &log, const Area &area, u64 offset, RecordView *out) {
  *out = {};
  out->area = area;
  out->offset = offset;
  out->state = AreaState::whole;
  return read_exactly(log.fd, &out->header, sizeof out->header, offset);
}

Status read_log_header(int fd, const char *path, format::Header *out) {
  struct stat st{};
  Status s = sys::status(sys::fstat(fd, &st));
  if (s.ok()) s = read_header(fd, path, static_cast<u64>(st.st_size), out);
  return report(path, s);
}

Status read_log(int fd, const char *path, LogView *out) {
  *out = {};
  out->fd = fd;
  struct stat st{};
  GrowBuffer<u8> piece;
  Status s = sys::status(sys::fstat(fd, &st));
  out->bytes = static_cast<u64>(st.st_size);
  if (s.ok()) s = read_header(fd, path, out->bytes, &out->header);
  out->key = HashKey(out->header.log_id);
  if (s.ok()) s = read_retired_mark(fd, *out, &out->retired);
  if (s.ok()) s = piece.reserve(2 * kPieceBytes);
  for (unsigned i = 0; i < 2 && s.ok(); ++i) s = read_record(out, path, i, piece.data());
  if (s.ok()) s = look_for_missing(out, piece.data());
  piece.release();
  return report(path, s);
}

}  // namespace snapshot
