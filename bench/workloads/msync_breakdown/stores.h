// What is committed: one line in each of so many equal parts of an array, each on a page of its own.
#pragma once
#include <cstdint>

#include "harness/random.h"

namespace bench {

constexpr std::uint64_t kArrayBytes = 64 << 20;

inline void store_to_lines(std::uint64_t *array, std::uint64_t lines, Random &random) {
  const std::uint64_t part = kArrayBytes / lines, line = 64;
  for (std::uint64_t i = 0; i < lines; ++i)
    array[(i * part + random.next() % (part / line) * line) / sizeof *array] += 1;
}

}  // namespace bench
