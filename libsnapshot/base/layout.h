// Where things are: the reserved ranges and the arithmetic between them. Constants only; nothing is mapped
// here.
//
//   working range   what the program sees; windows of managed files             RANGE bytes
//   backing range   the same windows, mapped shared: working + kBackingDistance  RANGE bytes
//   line map        one byte per line of the working range                       RANGE / 64 bytes
//   page map        one byte per page of the backing range                       RANGE / 4096 bytes
//
// The gaps between them stay unmapped, so that an index that runs out of one range meets no other.
#pragma once
#include <cstddef>
#include <cstdint>

#include "snapshot/abi.h"

namespace snapshot {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;

#define SNAPSHOT_LIKELY(x) __builtin_expect(!!(x), 1)
#define SNAPSHOT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SNAPSHOT_SLOW_PATH __attribute__((noinline, cold))

inline constexpr u64 kLineBytes = 1u << SNAPSHOT_LINE_SHIFT;
inline constexpr u64 kPageBytes = 4096;
inline constexpr u64 kLinesPerPage = kPageBytes / kLineBytes;

inline constexpr u64 kRangeBytes = u64{1} << SNAPSHOT_RANGE_BITS;
inline constexpr u64 kWorkingBase = SNAPSHOT_WORKING_BASE;
// A window starts this far behind the boundary of a huge page, so that its backing, whose huge pages have to
// lie as the file's do, starts on one: 2 MiB apart, or a multiple of it, a line and its old bytes would have
// the same 21 low bits in DRAM, too. Measured on an AMD EPYC (Zen 5): the prefetch of the old bytes, under
// the undo protocol, then does nothing, and a commit of two random lines takes 380 instead of 275 ns. A whole
// number of pages of the line map.
inline constexpr u64 kWindowSkew = 256 << 10;
inline constexpr u64 kBackingDistance = 2 * kRangeBytes - kWindowSkew;
static_assert(kWindowSkew % (kLineBytes * kPageBytes) == 0);
inline constexpr u64 kLineMapBase = SNAPSHOT_LINE_MAP_BASE;
// One page more than lines: a declared range may seem to end some lines beyond the range (track/mark.cc).
inline constexpr u64 kLineMapBytes = kRangeBytes / kLineBytes + kPageBytes;
inline constexpr u64 kPageMapBase = kWorkingBase + 5 * kRangeBytes;
inline constexpr u64 kPageMapBytes = kRangeBytes / kPageBytes;
static_assert(kWorkingBase % kRangeBytes == 0);
static_assert(kLineMapBase == kWorkingBase + 4 * kRangeBytes);

// An address that the program may see. Distinct from BackingAddr so that one cannot be passed for the other.
struct WorkingAddr {
  u64 value;
  u8 *ptr() const { return reinterpret_cast<u8 *>(value); }
};

// The same byte in the shared mapping of the file.
struct BackingAddr {
  u64 value;
  u8 *ptr() const { return reinterpret_cast<u8 *>(value); }
};

constexpr BackingAddr backing_of(WorkingAddr a) { return {a.value + kBackingDistance}; }

// Index of a line, counted from the start of the working range.
using LineIndex = u64;
constexpr LineIndex line_of(u64 working_address) { return (working_address - kWorkingBase) / kLineBytes; }
constexpr WorkingAddr address_of(LineIndex line) { return {kWorkingBase + line * kLineBytes}; }
inline u8 *line_map() { return reinterpret_cast<u8 *>(kLineMapBase); }
inline u8 *page_map() { return reinterpret_cast<u8 *>(kPageMapBase); }

inline bool in_working_range(const volatile void *p) {
  return (reinterpret_cast<u64>(p) >> SNAPSHOT_RANGE_BITS) == u64{SNAPSHOT_RANGE_INDEX};
}

constexpr u64 round_up(u64 value, u64 unit) { return (value + unit - 1) / unit * unit; }
constexpr u64 round_down(u64 value, u64 unit) { return value / unit * unit; }
constexpr u64 min_u64(u64 a, u64 b) { return a < b ? a : b; }
constexpr u64 max_u64(u64 a, u64 b) { return a > b ? a : b; }

}  // namespace snapshot
