// The time stamp counter: the clock that is cheap enough for single operations.
#pragma once
#include <x86intrin.h>

#include <cstdint>

#include "harness/clock.h"

namespace bench {

inline std::uint64_t ticks() { return __rdtsc(); }

// Against the clock, once per process: 10 ms make it exact to some 1e-5.
inline double ticks_per_ns() {
  static const double rate = [] {
    const std::uint64_t begin = wall_ns(), first = ticks();
    std::uint64_t end = begin;
    while (end - begin < 10'000'000) end = wall_ns();
    return static_cast<double>(ticks() - first) / static_cast<double>(end - begin);
  }();
  return rate;
}

}  // namespace bench
