// The log on the medium: structures and constants only. FORMAT.md has the grammar and a worked example.
// All integers are little-endian; every structure is 64 bytes, one line, and lies at a multiple of 64.
#pragma once
#include "base/layout.h"

namespace snapshot::format {

// Bytes 0-7 of the file. The last two catch a transfer in text mode.
inline constexpr u64 kMagic = 0x0a0d474f4c504e53;  // "SNPLOG\r\n"
inline constexpr u32 kVersion = 3;
// x86-64, little-endian, lines of 64 bytes. Another architecture gets another number.
inline constexpr u32 kArchitecture = 0x86640040;

inline constexpr u64 kHeaderOffset = 0;
inline constexpr u64 kRetiredOffset = 64;
inline constexpr u64 kAreaEntryOffset[2] = {128, 192};
inline constexpr u64 kFirstAreaOffset = 4096;
inline constexpr u64 kAreaBytesMin = 64 << 10;
// Written once, before the file gets its name; never changed.
struct Header {
  u64 magic;
  u32 version;
  u32 architecture;
  u64 log_id;         // random; ties areas and records to this log
  u64 file_inode;     // identity of the data file: inode number
  u64 file_birth_ns;  // and time of birth, 0 where the file system keeps none
  u64 size_at_open;   // bytes; the data file's committed size before the first record
  u32 owner_pid;      // who created the log; for messages only
  u32 reserved;
  u64 checksum;  // of this line with checksum 0, by kMagic's key
};
static_assert(sizeof(Header) == 64 && offsetof(Header, checksum) == 56);

// All zeros while the log is in use. Whole, it says that the data file was closed cleanly: nothing is
// pending.
struct Retired {
  u64 magic;  // kRetiredMagic
  u64 log_id;
  u64 reserved[5];
  u64 checksum;  // of this line with checksum 0, by the log's key
};
inline constexpr u64 kRetiredMagic = 0x44455249544552;  // "RETIRED"
static_assert(sizeof(Retired) == 64 && offsetof(Retired, checksum) == 56);

// Where an area is. Rewritten in place when the area moves to grow; a torn entry counts as a torn record.
struct AreaEntry {
  u64 log_id;
  u64 offset;    // bytes from the start of the log file, multiple of 4096
  u64 capacity;  // bytes, multiple of 4096
  u64 reserved[4];
  u64 checksum;  // of this line with checksum 0, by the log's key, seeded with the area's number (0 or 1)
};
static_assert(sizeof(AreaEntry) == 64 && offsetof(AreaEntry, checksum) == 56);

// A record starts its area, or (appended ones) follows the one before: this line; run_count packed runs
// padded with zeros to a line; line_count lines.
struct RecordHeader {
  u32 magic;  // kUndoMagic, kRedoMagic or kAppendMagic
  u32 run_count;
  u64 log_id;
  u64 sequence;     // 1, 2, 3, ... per log; unless appended, odd records are in area 1, even ones in area 0
  u64 size_before;  // bytes; the data file's size if the commit is undone
  u64 size_after;   // and if it is complete
  u64 line_count;   // sum of the runs' counts
  union {
    u64 new_digest;  // undo: checksum of the new lines by the log's key, seeded with sequence
    u64 durable;     // appended: the newest record that was durable when this one was written; 0: none
  };
  u64 checksum;  // of the whole record with checksum 0, by the log's key
};
inline constexpr u32 kUndoMagic = 0x4f444e55;    // "UNDO": the lines are the old ones
inline constexpr u32 kRedoMagic = 0x4f444552;    // "REDO": the new ones; new_digest is 0
inline constexpr u32 kAppendMagic = 0x444e5041;  // "APND": the new ones, and more such records may follow
static_assert(sizeof(RecordHeader) == 64 && offsetof(RecordHeader, checksum) == 56);

// A run in a record: line number within the data file and number of lines.
inline constexpr unsigned kRunCountBits = 28;
inline constexpr u64 kRunCountMax = (u64{1} << kRunCountBits) - 1;
constexpr u64 pack_run(u64 line, u64 count) { return (line << kRunCountBits) | count; }
constexpr u64 run_line(u64 packed) { return packed >> kRunCountBits; }
constexpr u64 run_count(u64 packed) { return packed & kRunCountMax; }

constexpr u64 run_table_bytes(u64 run_count) { return round_up(run_count * sizeof(u64), kLineBytes); }
constexpr u64 record_bytes(u64 run_count, u64 line_count) {
  return sizeof(RecordHeader) + run_table_bytes(run_count) + line_count * kLineBytes;
}
constexpr unsigned area_of(u64 sequence) { return sequence & 1; }

}  // namespace snapshot::format
