// What a walk over a data structure in a file finds.
#pragma once
#include <cstdint>

namespace bench {

struct Contents {
  std::uint64_t count;   // values in it
  std::uint64_t digest;  // of all of them, in order
  bool intact;           // its invariants hold
};

}  // namespace bench
