// Which parts of a file's window the program has mapped: one interval for each mmap that was not unmapped
// yet. The window itself stays accessible as a whole while any is left; this is what POSIX's errors are
// decided by.
#pragma once
#include "platform/grow_buffer.h"

namespace snapshot {

// Byte offsets within the window (and the file), page-aligned, half open.
struct Interval {
  u64 begin;
  u64 end;
};

class Mappings {
 public:
  Status add(Interval added) { return intervals_.push(added); }

  bool empty() const { return intervals_.size() == 0; }

  // Whether every page of the range belongs to at least one mapping.
  bool covers(Interval range) const;

  // Whether one mapping has all of the range: the usual case of what covers() and next_covered() find out.
  bool one_covers(Interval range) const {
    for (u64 i = 0; i < intervals_.size(); ++i)
      if (intervals_[i].begin <= range.begin && intervals_[i].end >= range.end) return true;
    return false;
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

  void clear() { intervals_.release(); }

 private:
  GrowBuffer<Interval> intervals_;
};

}  // namespace snapshot
