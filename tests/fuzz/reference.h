// What FORMAT.md says about a log and its data file, written down once more, as plainly as possible and from
// the page alone: the targets compare the library's reader and its recovery with it.
#pragma once
#include <vector>

#include "hostile_case.h"

namespace fuzz {

struct ReferenceRecord {
  bool known_place = false;  // the area's entry holds
  bool empty = false;        // the header line is zeros
  bool whole = false;
  u64 offset = 0, capacity = 0;
  format::RecordHeader header{};
  std::vector<u64> runs;
  std::vector<ReferenceRecord> more;  // that were appended behind it

  u64 lines_offset() const { return offset + format::record_bytes(header.run_count, 0); }
  u64 end() const { return lines_offset() + header.line_count * snapshot::kLineBytes; }
  bool appended() const { return header.magic == format::kAppendMagic; }
  const ReferenceRecord &newest() const { return more.empty() ? *this : more.back(); }
};

struct ReferenceLog {
  bool refused = true;
  bool retired = false;
  format::Header header{};
  ReferenceRecord record[2];
  bool record_missing = false;  // of appended ones
};

ReferenceLog reference_log(const SparseFile &log);

enum class Outcome { refused, retired, complete, undone };

struct Judgement {
  Outcome outcome = Outcome::refused;
  unsigned area = 0;  // of the newest record
  u64 sequence = 0;   // of the newest record; 0: none
  u64 size = 0;       // that recovery leaves
  SparseFile data;    // that recovery leaves
};

Judgement reference_judgement(const Files &files, const ReferenceLog &log);

}  // namespace fuzz
