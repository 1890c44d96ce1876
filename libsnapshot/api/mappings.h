// Which parts of a file's window the program has mapped: one interval for each mmap that was not unmapped
// yet. The window itself stays accessible as a whole while any is left; this is what POSIX's errors are
// decided by.
#pragma once
#include <atomic>

#include "platform/grow_buffer.h"

namespace snapshot {

// Byte offsets within the window (and the file), page-aligned, half open.
struct Interval {
  u64 begin;
  u64 end;
};

class Mappings {
 public:
  Status add(Interval added);

  bool empty() const { return intervals_.size() == 0; }

  // Whether every page of the range belongs to at least one mapping.
  bool covers(Interval range) const;

  // Whether the widest mapping has all of the range, which is not empty: the usual case of what covers()
  // finds out. Needs no lock, and is async-signal-safe: the answer is that of some moment during the call.
  bool widest_covers(Interval range) const {
    const u64 widest = widest_.load(std::memory_order_relaxed);
    return range.begin >= (widest >> 32) * kPageBytes && range.end <= (widest & ~u32{0}) * kPageBytes;
  }

  // First mapped part at or after range.begin, cut to range; false if there is none.
  bool next_covered(Interval range, Interval *out) const;

  // Removes the range from one layer of mappings: the one with exactly these borders if there is one, as
  // after two equal mmaps; otherwise from all that overlap it, as munmap does. ENOMEM (a mapping would have
  // to be split and there is no memory for it): nothing was removed.
  Status remove(Interval range);

  // Whether removing the range would leave nothing.
  bool only(Interval range) const;

  // Changes the end of the mapping that contains [begin, end) and ends there; false if there is none.
  bool move_end(Interval mapping, u64 new_end);

  void clear();

 private:
  void note_widest();

  GrowBuffer<Interval> intervals_;
  // Its first page, and the one behind its last, in one word, so that it is read as a whole. 0: none.
  std::atomic<u64> widest_{0};
  static_assert(SNAPSHOT_RANGE_BITS <= 42, "numbers of pages have 32 bits");
};

}  // namespace snapshot
