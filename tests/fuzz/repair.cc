#include "repair.h"

#include <vector>

#include "platform/hash.h"

namespace fuzz {
namespace {

using format::RecordHeader;
using snapshot::hash_lines;
using snapshot::HashKey;
using snapshot::kLineBytes;

template <typename T>
void seal(SparseFile *log, u64 offset, T value, u64 key, u64 seed = 0) {
  value.checksum = 0;
  value.checksum = hash_lines(HashKey(key), seed, &value, sizeof value);
  if (offset + sizeof value <= log->size()) log->write(offset, &value, sizeof value);
}

void repair_log_header(u16 what, Files *files) {
  auto header = read_struct<format::Header>(files->log, format::kHeaderOffset);
  if ((what & repair_identity) != 0) {
    header.file_inode = files->inode;
    header.file_birth_ns = files->birth_ns;
  }
  if ((what & repair_header) != 0) {
    header.magic = format::kMagic;
    header.version = format::kVersion;
    header.architecture = format::kArchitecture;
  }
  if ((what & (repair_header | repair_identity)) != 0)
    seal(&files->log, format::kHeaderOffset, header, format::kMagic);
}

// A record while it is made right.
struct Record {
  SparseFile *log;
  unsigned area;
  u64 offset;
  u64 room;  // bytes of the area behind the header
  RecordHeader header;

  Record(SparseFile *file, unsigned index) : log(file), area(index) {
    const auto entry = read_struct<format::AreaEntry>(*log, format::kAreaEntryOffset[index]);
    offset = std::min(entry.offset, log->size());
    const u64 there = std::min(entry.capacity, log->size() - offset);
    room = there < sizeof header ? 0 : there - sizeof header;
    header = read_struct<RecordHeader>(*log, offset);
  }
  u64 runs_in_reach() const { return std::min<u64>(header.run_count, room / sizeof(u64)); }
  std::vector<u64> runs() const {
    std::vector<u64> all(runs_in_reach());
    (void)log->read(offset + sizeof header, all.data(), all.size() * sizeof(u64));
    return all;
  }
  // The header stands at the log's end at worst, and then there is no record.
  void save() const {
    if (offset + sizeof header <= log->size()) log->write(offset, &header, sizeof header);
  }
};

void fit_runs(Record *record) {
  const u64 extent = std::max(record->header.size_before, record->header.size_after);
  const u64 lines = extent / kLineBytes + (extent % kLineBytes != 0);
  if (lines == 0) return;
  std::vector<u64> runs = record->runs();
  for (u64 &run : runs) {
    const u64 line = format::run_line(run) % lines;
    run = format::pack_run(line, 1 + format::run_count(run) % std::min<u64>(lines - line, 64));
  }
  if (!runs.empty())
    record->log->write(record->offset + sizeof record->header, runs.data(), runs.size() * sizeof(u64));
}

// As many runs as the area has room for together with their lines.
void count_lines(Record *record) {
  RecordHeader &h = record->header;
  const std::vector<u64> runs = record->runs();
  h.run_count = 0, h.line_count = 0;
  for (const u64 run : runs) {
    const u64 lines = h.line_count + format::run_count(run);
    if (format::record_bytes(h.run_count + 1, lines) > record->room + sizeof h) break;
    ++h.run_count, h.line_count = lines;
  }
}

void repair_record(u16 what, Files *files, unsigned area) {
  Record record(&files->log, area);
  RecordHeader &h = record.header;
  const bool appended = h.magic == format::kAppendMagic;
  if (h.magic != format::kRedoMagic && !appended) h.magic = format::kUndoMagic;
  h.log_id = read_struct<format::Header>(files->log, format::kHeaderOffset).log_id;
  if (!appended) h.sequence = (h.sequence & ~u64{1}) | area;
  if (h.sequence == 0) h.sequence = 2;
  if (appended) h.durable %= h.sequence;
  constexpr u64 size_max = SparseFile::bytes_max;
  h.size_before &= size_max, h.size_after &= size_max;
  record.save();
  if ((what & repair_runs) != 0) fit_runs(&record);
  if ((what & repair_counts) != 0) count_lines(&record);
  record.save();
}

bool wants_record(u16 what, unsigned area) {
  return (what & (area == 0 ? repair_record_0 : repair_record_1)) != 0;
}

// The record that recovery looks at if both are whole.
unsigned newest_of(const Record &a, const Record &b) { return a.header.sequence > b.header.sequence ? 0 : 1; }

void put_in_order(Files *files, Record *newest, Record *older) {
  if (newest->header.sequence == 1) {
    auto header = read_struct<format::Header>(files->log, format::kHeaderOffset);
    header.size_at_open = newest->header.size_before;
    seal(&files->log, format::kHeaderOffset, header, format::kMagic);
    older->header = {};
  } else {
    older->header.sequence = newest->header.sequence - 1;
    older->header.size_after = newest->header.size_before;
  }
  older->save();
}

void seal_record(const Record &record) {
  RecordHeader h = record.header;
  const u64 lines = std::min(h.line_count, record.room / kLineBytes);
  const u64 bytes =
      std::min(format::record_bytes(h.run_count, lines), sizeof h + record.room / kLineBytes * kLineBytes);
  h.checksum = record_checksum(*record.log, record.offset, h, bytes);
  if (record.offset + sizeof h <= record.log->size()) record.log->write(record.offset, &h, sizeof h);
}

void put_retired_mark(Files *files) {
  format::Retired mark{};
  mark.magic = format::kRetiredMagic;
  mark.log_id = read_struct<format::Header>(files->log, format::kHeaderOffset).log_id;
  seal(&files->log, format::kRetiredOffset, mark, mark.log_id);
}

void repair_records(u16 what, Files *files) {
  for (unsigned area = 0; area < 2; ++area)
    if (wants_record(what, area)) repair_record(what, files, area);
  Record record[2] = {Record(&files->log, 0), Record(&files->log, 1)};
  const unsigned newest = newest_of(record[0], record[1]);
  Record &n = record[newest], &older = record[newest ^ 1];
  if ((what & repair_order) != 0) put_in_order(files, &n, &older);
  if ((what & repair_data_size) != 0)
    files->data.resize(std::max(
        files->data.size(), std::min({n.header.size_before, n.header.size_after, SparseFile::bytes_max})));
  if ((what & repair_digest) != 0 && n.header.magic != format::kAppendMagic &&
      format::record_bytes(n.header.run_count, 0) <= n.room && n.header.line_count <= n.room / kLineBytes)
    n.header.new_digest = digest_of_lines(*files, n.offset, n.header);
  for (Record *r : {&older, &n})
    if (wants_record(what, r->area) && r->header.magic != 0) seal_record(*r);
}

}  // namespace

u64 record_checksum(const SparseFile &log, u64 offset, RecordHeader header, u64 bytes) {
  header.checksum = 0;
  const HashKey key(header.log_id);
  u64 sum = hash_lines(key, 0, &header, sizeof header);
  std::vector<u8> piece(16 << 10);
  for (u64 at = sizeof header; at < bytes; at += piece.size()) {
    const u64 n = std::min<u64>(bytes - at, piece.size());
    (void)log.read(offset + at, piece.data(), n);
    sum = hash_lines(key, sum, piece.data(), n);
  }
  return sum;
}

u64 digest_of_lines(const Files &files, u64 record_offset, const RecordHeader &header) {
  const HashKey key(header.log_id);
  u64 digest = header.sequence;
  std::array<u8, kLineBytes> line;
  u64 done = 0;
  for (u64 run = 0; run < header.run_count && done < header.line_count; ++run) {
    const u64 packed = read_struct<u64>(files.log, record_offset + sizeof header + run * sizeof(u64));
    for (u64 i = 0; i < format::run_count(packed) && done < header.line_count; ++i, ++done) {
      const u64 at = (format::run_line(packed) + i) * kLineBytes;
      line.fill(0);
      if (at < header.size_after)
        (void)files.data.read(at, line.data(), std::min(kLineBytes, header.size_after - at));
      digest = hash_lines(key, digest, line.data(), line.size());
    }
  }
  return digest;
}

void repair_areas(Files *files) {
  SparseFile &log = files->log;
  const u64 log_id = read_struct<format::Header>(log, format::kHeaderOffset).log_id;
  for (unsigned i = 0; i < 2; ++i) {
    auto entry = read_struct<format::AreaEntry>(log, format::kAreaEntryOffset[i]);
    entry.log_id = log_id;
    entry.offset = snapshot::round_down(entry.offset % log_bytes_max, kPageBytes);
    entry.capacity = snapshot::round_down(entry.capacity % log_bytes_max, kPageBytes);
    entry.offset = std::max<u64>(entry.offset, format::kFirstAreaOffset);
    if (log.size() >= entry.offset + format::kAreaBytesMin)
      entry.capacity = std::clamp<u64>(entry.capacity, format::kAreaBytesMin,
                                       snapshot::round_down(log.size() - entry.offset, kPageBytes));
    seal(&log, format::kAreaEntryOffset[i], entry, log_id, i);
  }
}

void repair(u16 what, Files *files) {
  repair_log_header(what, files);
  if ((what & repair_entries) != 0) repair_areas(files);
  repair_records(what, files);
  if ((what & repair_retired) != 0) put_retired_mark(files);
}

}  // namespace fuzz
