// A run: consecutive lines, packed into one word so that a thread can publish or list it with a single store.
#pragma once
#include "base/layout.h"

namespace snapshot {

struct Run {
  LineIndex first;
  u64 count;

  static constexpr unsigned kCountBits = 28;
  static constexpr u64 kCountMax = (u64{1} << kCountBits) - 1;

  // Never 0 for a valid run, since count is at least 1: 0 means "no run" wherever packed runs are kept.
  constexpr u64 packed() const { return (first << kCountBits) | count; }
  static constexpr Run unpack(u64 word) { return {word >> kCountBits, word & kCountMax}; }
  constexpr LineIndex end() const { return first + count; }
};
static_assert(SNAPSHOT_RANGE_BITS - SNAPSHOT_LINE_SHIFT + Run::kCountBits <= 64);

}  // namespace snapshot
