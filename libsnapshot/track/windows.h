// The reserved ranges and who has which part of them.
//
// A window is the part of the working range that belongs to one managed file; it starts with file offset 0,
// kWindowSkew behind the start of a granule, and has room to grow. Windows are numbered by slots. The store
// path reads this table without locks: an entry is written before the program gets the first address in its
// window, and cleared after it has unmapped the last.
#pragma once
#include <atomic>

#include "base/layout.h"
#include "base/status.h"

namespace snapshot {

using Slot = u32;  // 1 to kSlotsMax - 1; 0: none
inline constexpr Slot kSlotsMax = 16384;
inline constexpr u64 kGranuleBytes = 2 << 20;
inline constexpr u64 kGranules = kRangeBytes / kGranuleBytes;

struct Window {
  LineIndex first_line = 0;
  u64 line_count = 0;
  // Set when a mark could not be listed (no memory for a list, handlers nested too deep): the next commit
  // looks at the whole window of the line map.
  std::atomic<bool> scan{false};

  WorkingAddr begin() const { return address_of(first_line); }
  u64 bytes() const { return line_count * kLineBytes; }
  bool contains(u64 working_address) const {
    return working_address - begin().value < bytes();  // below it the difference wraps
  }
};

extern std::atomic<u16> granule_slots[kGranules] __asm__("snapshot_granule_slots");
extern Window windows[kSlotsMax];

// From a line to the bytes that its commit will read: under the undo protocol its old ones, in the backing
// range, which a mark prefetches. Otherwise 0, and the prefetch finds the line itself in the caches: the
// backing range's may be on its way there, past the caches, from the commit before, and whoever asks for it
// waits (a list whose head changes at each commit: 280 ns instead of 150 on an AMD EPYC, Zen 5).
extern std::atomic<u64> old_bytes_distance __asm__("snapshot_old_bytes_distance");

// The slot whose window holds the line, or begins after it in the same granule; 0: none. Async-signal-safe.
inline Slot slot_of(LineIndex line) {
  return granule_slots[line / (kGranuleBytes / kLineBytes)].load(std::memory_order_acquire);
}

// Reserves all ranges, once per process. ENOMEM with a message when the address space refuses (RLIMIT_AS, or
// something else is there); a later call tries again. Thread-safe under the caller's lock.
Status reserve_ranges();

// Finds a window for a file of which bytes are needed now, with room to grow (the first few files get 8 GiB,
// then 1 GiB, then 64 MiB, each at least four times what is needed, less when the range is crowded), lowest
// address first, so that a program that opens its files in the same order sees them at the same addresses.
// Makes its part of the line map and page map usable, all zero. The window itself is not mapped yet. ENOMEM
// with a message.
Status allocate_window(u64 bytes, const char *path, Slot *out);

// The mappings of the window are gone; its line map, page map and addresses can be used by others.
void free_window(Slot slot);

// Forgets what the page map says of pages [first, end) of the backing range: their blocks are gone.
void forget_pages(u64 first, u64 end);

// Puts back the reservation (no access) over part of a range.
void reserve_again(u64 address, u64 bytes);

}  // namespace snapshot
