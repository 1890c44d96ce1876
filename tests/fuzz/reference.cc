#include "reference.h"

#include "platform/hash.h"
#include "repair.h"

namespace fuzz {
namespace {

using snapshot::kLineBytes;

template <typename T>
bool checksum_holds(T value, u64 key, u64 seed = 0) {
  const u64 stated = value.checksum;
  value.checksum = 0;
  return stated == snapshot::hash_lines(snapshot::HashKey(key), seed, &value, sizeof value);
}

bool header_holds(const format::Header &h) {
  return h.magic == format::kMagic && h.version == format::kVersion &&
         h.architecture == format::kArchitecture && checksum_holds(h, format::kMagic);
}

bool is_zeros(const format::RecordHeader &h) {
  static constexpr format::RecordHeader zeros{};
  return std::memcmp(&h, &zeros, sizeof h) == 0;
}

// "Runs lie within the larger of the two sizes", and line_count is the sum of their counts.
bool runs_hold(const ReferenceRecord &r) {
  const u64 size = std::max(r.header.size_before, r.header.size_after);
  const u64 lines_of_file = (size + kLineBytes - 1) / kLineBytes;
  u64 sum = 0;
  for (const u64 run : r.runs) {
    const u64 first = format::run_line(run), count = format::run_count(run);
    if (count == 0 || first + count > lines_of_file) return false;
    sum += count;
  }
  return sum == r.header.line_count;
}

bool sizes_possible(const ReferenceRecord &r) {
  return r.header.size_before <= SparseFile::bytes_max && r.header.size_after <= SparseFile::bytes_max;
}

// Whether the record, with as many runs and lines as it says, ends in its area.
bool fits(const ReferenceRecord &r) {
  const u64 table = format::record_bytes(r.header.run_count, 0);
  return table <= r.capacity && r.header.line_count <= (r.capacity - table) / kLineBytes;
}

// The record whose place and room are in r. whole says whether there is one.
void read_one(const SparseFile &file, const ReferenceLog &log, ReferenceRecord *r) {
  r->header = read_struct<format::RecordHeader>(file, r->offset);
  const format::RecordHeader &h = r->header;
  if (h.magic != format::kUndoMagic && h.magic != format::kRedoMagic && h.magic != format::kAppendMagic)
    return;
  if (h.log_id != log.header.log_id || h.sequence == 0 || !sizes_possible(*r) || !fits(*r)) return;
  if (r->appended() && h.durable >= h.sequence) return;
  if (h.checksum != record_checksum(file, r->offset, h, format::record_bytes(h.run_count, h.line_count)))
    return;
  r->runs.resize(h.run_count);
  (void)file.read(r->offset + sizeof h, r->runs.data(), r->runs.size() * sizeof(u64));
  r->whole = runs_hold(*r);
}

// "Appended: record n+1 follows record n in its area, unless record n has made the file shorter."
void read_appended(const SparseFile &file, const ReferenceLog &log, ReferenceRecord *first) {
  const u64 area_end = first->offset + first->capacity;
  for (;;) {
    const ReferenceRecord &last = first->newest();
    ReferenceRecord next;
    next.offset = last.end(), next.capacity = area_end - next.offset;
    if (next.capacity == 0 || last.header.size_after < last.header.size_before) return;
    read_one(file, log, &next);
    if (!next.whole || !next.appended() || next.header.sequence != last.header.sequence + 1) return;
    if (next.header.size_before != last.header.size_after) return;
    first->more.push_back(next);
  }
}

void read_record(const SparseFile &file, unsigned area, const ReferenceLog &log, ReferenceRecord *r) {
  read_one(file, log, r);
  r->empty = is_zeros(r->header);
  if (r->whole && !r->appended() && format::area_of(r->header.sequence) != area) r->whole = false;
  if (r->whole && r->appended()) read_appended(file, log, r);
}

// "a whole appended record, anywhere behind the ones that follow each other, names a newer one as durable".
// As many bytes are looked at as the page says.
bool says_missing(const SparseFile &file, const ReferenceLog &log, const ReferenceRecord &area, u64 newest) {
  u64 budget = 2 * area.capacity + (16 << 10);
  const u64 area_end = area.offset + area.capacity;
  for (u64 at = area.whole ? area.newest().end() : area.offset; at < area_end; at += kLineBytes) {
    ReferenceRecord later;
    later.offset = at, later.capacity = area_end - at;
    later.header = read_struct<format::RecordHeader>(file, at);
    const format::RecordHeader &h = later.header;
    if (!later.appended() || h.durable <= newest || h.durable >= h.sequence) continue;
    if (h.log_id != log.header.log_id || !sizes_possible(later) || !fits(later)) continue;
    const u64 bytes = format::record_bytes(h.run_count, h.line_count);
    if (bytes > budget) return true;
    budget -= bytes;
    read_one(file, log, &later);
    if (later.whole) return true;
  }
  return false;
}

// The place of the area, if its entry can be believed.
void read_place(const SparseFile &file, unsigned area, u64 log_id, ReferenceRecord *r) {
  const auto entry = read_struct<format::AreaEntry>(file, format::kAreaEntryOffset[area]);
  if (entry.log_id != log_id || !checksum_holds(entry, log_id, area)) return;
  if (entry.offset % kPageBytes != 0 || entry.offset < format::kFirstAreaOffset) return;
  if (entry.capacity % kPageBytes != 0 || entry.capacity < format::kAreaBytesMin) return;
  if (entry.capacity > ~entry.offset) return;
  r->known_place = true;
  r->offset = entry.offset, r->capacity = entry.capacity;
}

bool is_this_files_log(const Files &files, const format::Header &h) {
  if (h.file_inode != files.inode) return false;
  return h.file_birth_ns == files.birth_ns || h.file_birth_ns == 0 || files.birth_ns == 0;
}

// The record's lines where they belong, as far as they lie before size.
SparseFile with_lines(SparseFile data, const SparseFile &log, const ReferenceRecord &r, u64 size) {
  u64 from = r.lines_offset();
  std::array<u8, kLineBytes> line;
  for (const u64 run : r.runs)
    for (u64 i = 0; i < format::run_count(run); ++i, from += kLineBytes) {
      const u64 at = (format::run_line(run) + i) * kLineBytes;
      if (at >= size) continue;
      (void)log.read(from, line.data(), line.size());
      data.write(at, line.data(), std::min(kLineBytes, size - at));
    }
  return data;
}

// "n > 1, size_before = size_after of n-1 | record n-1, whole" and "1, size_before = size_at_open | zeros".
bool may_be_undone(const ReferenceLog &log, unsigned newest) {
  const ReferenceRecord &n = log.record[newest], &other = log.record[newest ^ 1];
  if (n.header.sequence == 1) return other.empty && n.header.size_before == log.header.size_at_open;
  return other.whole && other.header.magic == n.header.magic &&
         other.header.sequence == n.header.sequence - 1 && other.header.size_after == n.header.size_before;
}

// "redo | n | record n-1, whole | lines of n-1, then of n" and so on.
void judge_redo(const Files &files, const ReferenceLog &log, Judgement *out) {
  const ReferenceRecord &n = log.record[out->area], &other = log.record[out->area ^ 1];
  if (other.whole) {
    if (other.header.magic != format::kRedoMagic || other.header.sequence != n.header.sequence - 1) return;
    if (other.header.size_after != n.header.size_before) return;
  } else if (n.header.sequence == 1 && n.header.size_before != log.header.size_at_open) {
    return;
  }
  out->outcome = Outcome::complete;
  out->size = n.header.size_after;
  if (other.whole)
    out->data = with_lines(out->data, files.log, other, std::min(other.header.size_after, out->size));
  out->data = with_lines(out->data, files.log, n, out->size);
}

// "appended up to n | not whole, or up to one before the first of these; if up to the very one before, that
// left the size which the first begins with".
void judge_appended(const Files &files, const ReferenceLog &log, Judgement *out) {
  const ReferenceRecord &n = log.record[out->area], &other = log.record[out->area ^ 1];
  if (n.header.sequence == 1) {
    if (other.whole || n.header.size_before != log.header.size_at_open) return;
  } else if (other.whole) {
    const format::RecordHeader &before = other.newest().header;
    if (!other.appended() || before.sequence >= n.header.sequence) return;
    if (before.sequence == n.header.sequence - 1 && before.size_after != n.header.size_before) return;
  }
  std::vector<const ReferenceRecord *> all = {&n};
  for (const ReferenceRecord &r : n.more) all.push_back(&r);
  u64 smallest = n.header.size_before;
  for (const ReferenceRecord *r : all) smallest = std::min(smallest, r->header.size_after);
  if (files.data.size() < smallest) return;
  out->outcome = Outcome::complete;
  out->size = n.newest().header.size_after;
  for (const ReferenceRecord *r : all)
    out->data = with_lines(out->data, files.log, *r, std::min(r->header.size_after, out->size));
}

void judge_newest(const Files &files, const ReferenceLog &log, Judgement *out) {
  const ReferenceRecord &n = log.record[out->area];
  out->sequence = n.newest().header.sequence;
  if (n.appended()) return judge_appended(files, log, out);
  if (files.data.size() < std::min(n.header.size_before, n.header.size_after)) return;
  if (n.header.magic == format::kRedoMagic) {
    judge_redo(files, log, out);
  } else if (digest_of_lines(files, n.offset, n.header) == n.header.new_digest) {
    out->outcome = Outcome::complete;
    out->size = n.header.size_after;
  } else if (may_be_undone(log, out->area)) {
    out->outcome = Outcome::undone;
    out->size = n.header.size_before;
    out->data = with_lines(files.data, files.log, n, n.header.size_before);
  }
}

}  // namespace

ReferenceLog reference_log(const SparseFile &file) {
  ReferenceLog out;
  out.header = read_struct<format::Header>(file, format::kHeaderOffset);
  if (file.size() < format::kFirstAreaOffset || !header_holds(out.header)) return out;
  const auto mark = read_struct<format::Retired>(file, format::kRetiredOffset);
  out.retired = mark.magic == format::kRetiredMagic && mark.log_id == out.header.log_id &&
                checksum_holds(mark, out.header.log_id);
  for (unsigned area = 0; area < 2; ++area) {
    ReferenceRecord &r = out.record[area];
    read_place(file, area, out.header.log_id, &r);
    if (!r.known_place) continue;
    if (r.offset + r.capacity > file.size()) return out;
    read_record(file, area, out, &r);
  }
  u64 newest = 0;
  for (const ReferenceRecord &r : out.record)
    if (r.whole) newest = std::max(newest, r.newest().header.sequence);
  for (const ReferenceRecord &r : out.record)
    if (r.known_place) out.record_missing = out.record_missing || says_missing(file, out, r, newest);
  out.refused = false;
  return out;
}

Judgement reference_judgement(const Files &files, const ReferenceLog &log) {
  Judgement out;
  out.data = files.data;
  out.size = files.data.size();
  if (log.refused) return out;
  if (log.retired) {
    out.outcome = Outcome::retired;
    return out;
  }
  if (!is_this_files_log(files, log.header)) return out;
  const ReferenceRecord &zero = log.record[0], &one = log.record[1];
  if (zero.whole || one.whole) {
    out.area =
        zero.whole && (!one.whole || zero.newest().header.sequence > one.newest().header.sequence) ? 0 : 1;
    if (!log.record_missing || !log.record[out.area].appended()) judge_newest(files, log, &out);
    if (out.outcome == Outcome::refused) out.sequence = log.record[out.area].newest().header.sequence;
  } else if (zero.empty && !log.record_missing && files.data.size() >= log.header.size_at_open) {
    out.outcome = Outcome::complete;
    out.size = log.header.size_at_open;
  }
  if (out.outcome != Outcome::refused) out.data.resize(out.size);
  return out;
}

}  // namespace fuzz
