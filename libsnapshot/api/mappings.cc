#include "api/mappings.h"

namespace snapshot {

void Mappings::note_widest() {
  Interval widest{0, 0};
  for (u64 i = 0; i < intervals_.size(); ++i)
    if (intervals_[i].end - intervals_[i].begin > widest.end - widest.begin) widest = intervals_[i];
  widest_.store((widest.begin / kPageBytes) << 32 | widest.end / kPageBytes, std::memory_order_relaxed);
}

Status Mappings::add(Interval added) {
  const Status s = intervals_.push(added);
  note_widest();
  return s;
}

void Mappings::clear() {
  intervals_.release();
  note_widest();
}

bool Mappings::next_covered(Interval range, Interval *out) const {
  // Grow the first covered part to the right until no interval touches its end. Few intervals: quadratic is
  // fine.
  u64 begin = ~u64{0};
  for (u64 i = 0; i < intervals_.size(); ++i)
    if (intervals_[i].end > range.begin) begin = min_u64(begin, max_u64(intervals_[i].begin, range.begin));
  if (begin >= range.end) return false;
  u64 end = begin;
  for (bool grown = true; grown;) {
    grown = false;
    for (u64 i = 0; i < intervals_.size(); ++i)
      if (intervals_[i].begin <= end && intervals_[i].end > end) end = intervals_[i].end, grown = true;
  }
  *out = {begin, min_u64(end, range.end)};
  return true;
}

bool Mappings::covers(Interval range) const {
  Interval first;
  return next_covered(range, &first) && first.begin == range.begin && first.end == range.end;
}

bool Mappings::only(Interval range) const {
  u64 exact = 0, outside = 0;
  for (u64 i = 0; i < intervals_.size(); ++i) {
    if (intervals_[i].begin < range.begin || intervals_[i].end > range.end) ++outside;
    if (intervals_[i].begin == range.begin && intervals_[i].end == range.end) ++exact;
  }
  return outside == 0 && (exact == 0 || intervals_.size() == 1);
}

Status Mappings::remove(Interval range) {
  // At most every interval is split in two.
  if (Status s = intervals_.reserve(2 * intervals_.size()); !s.ok()) return s;
  const u64 count = intervals_.size();
  for (u64 i = 0; i < count; ++i)
    if (intervals_[i].begin == range.begin && intervals_[i].end == range.end) {
      intervals_[i] = intervals_[count - 1];
      intervals_.truncate(count - 1);
      note_widest();
      return kOk;
    }
  u64 kept = 0;
  for (u64 i = 0; i < count; ++i) {
    const Interval m = intervals_[i];
    if (m.end <= range.begin || m.begin >= range.end) {
      intervals_[kept++] = m;
      continue;
    }
    const Interval left{m.begin, max_u64(m.begin, range.begin)};
    const Interval right{min_u64(range.end, m.end), m.end};
    if (left.begin < left.end) intervals_[kept++] = left;
    if (right.begin < right.end) {
      if (kept <= i)
        intervals_[kept++] = right;
      else
        intervals_.push_reserved(right);
    }
  }
  // Splits went behind the count; close the gap that removals left before them.
  for (u64 i = count; i < intervals_.size(); ++i) intervals_[kept++] = intervals_[i];
  intervals_.truncate(kept);
  note_widest();
  return kOk;
}

bool Mappings::move_end(Interval mapping, u64 new_end) {
  for (u64 i = 0; i < intervals_.size(); ++i)
    if (intervals_[i].begin <= mapping.begin && intervals_[i].end == mapping.end) {
      intervals_[i].end = new_end;
      note_widest();
      return true;
    }
  return false;
}

}  // namespace snapshot
