// What programs do to arrays again and again: loops whose stores go to lines that are dirty already. Compiled
// apart from the worker, so that no compiler knows what the array is.
#pragma once
#include <cstddef>
#include <cstdint>

namespace bench {

inline constexpr std::size_t kWords = 64 << 10;  // of the array

struct Kernel {
  const char *name;
  // One pass over the array of words; pass numbers them, so that no two store the same.
  void (*run)(std::uint64_t *array, std::size_t words, std::uint64_t pass);
};

// The kernel of that name; nullptr if there is none.
const Kernel *find_kernel(const char *name);

}  // namespace bench
