// What a fuzzer's input means: a data file and a log, in little room, and what is to befall their recovery.
//
// A log is 132 KiB of mostly zeros, which a fuzzer would spend its time on. So the input holds the log's
// first four lines, the bytes at the start of each area (wherever its entry says that it is), and the data
// file's bytes; the rest is zeros. Any input is a case; one that is too short ends in zeros.
#pragma once
#include <array>
#include <string>

#include "log/format.h"
#include "sparse_file.h"

namespace fuzz {

namespace format = snapshot::format;
using snapshot::u16;
using snapshot::u32;

// What is made right before use, so that the checks behind a checksum, or behind a magic number, are reached.
enum Repair : u16 {
  repair_header = 1 << 0,      // magic, version, architecture, checksum
  repair_identity = 1 << 1,    // it is the data file's log
  repair_entries = 1 << 2,     // the areas lie in the log
  repair_record_0 = 1 << 3,    // magic, log_id, parity and checksum of the record in area 0
  repair_record_1 = 1 << 4,    // and in area 1
  repair_counts = 1 << 5,      // line_count is the sum of the runs'
  repair_runs = 1 << 6,        // the runs lie within the larger size
  repair_order = 1 << 7,       // the older record, or the header, is what the newest one follows
  repair_digest = 1 << 8,      // the newest record's is that of the data file
  repair_retired = 1 << 9,     // the retired mark is there
  repair_data_size = 1 << 10,  // the data file is not shorter than both sizes of the newest record
  repair_all = (1 << 11) - 1,
};

struct Prefix {
  u16 repairs;
  u8 fail_call;  // the system call that fails, from 1; 0: none
  u8 fail_how;   // its error
  u8 crash_at;   // the change of a file before which the process dies, from 1; 0: none
  u8 torn;       // how much of that change is made, in 256ths
  u16 unused;
  u32 record_bytes[2];
  u64 log_bytes;
  u64 data_bytes;
  u64 inode, birth_ns;  // of the data file
};
static_assert(sizeof(Prefix) == 48);

inline constexpr u64 log_head_bytes = 256;
inline constexpr u64 record_bytes_max = 128 << 10;
// More would be waiting for checksums.
inline constexpr u64 log_bytes_max = 1 << 20;

struct HostileCase {
  Prefix prefix{};
  std::array<u8, log_head_bytes> head{};
  std::string record[2];
  std::string data;

  static HostileCase parse(const u8 *bytes, u64 count);
  std::string bytes() const;
};

// The two files.
struct Files {
  SparseFile data, log;
  u64 inode = 0, birth_ns = 0;  // of the data file

  static Files of(const HostileCase &hostile);
};

template <typename T>
T read_struct(const SparseFile &file, u64 offset) {
  T value{};
  (void)file.read(offset, &value, sizeof value);
  return value;
}

}  // namespace fuzz
