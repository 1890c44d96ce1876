// For functions that answer how many characters they converted.
#pragma once
#include "interpose/written.h"

namespace snapshot {

// A result counts what was converted, without the terminator; (size_t)-1 is an error after writing anything
// up to n. Either way no more than n elements of `to`. Returns the result.
template <typename Char>
inline size_t converted(Char *to, size_t result, size_t n) {
  written(to, result < n ? (result + 1) * sizeof(Char) : claimed(n, sizeof(Char)));
  return result;
}

}  // namespace snapshot
