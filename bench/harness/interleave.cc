#include "harness/interleave.h"

namespace bench {

Rounds interleave(std::size_t systems, unsigned rounds, const std::function<double(std::size_t)> &measure) {
  Rounds result(systems);
  for (unsigned round = 0; round <= rounds; ++round)
    for (std::size_t i = 0; i < systems; ++i) {
      const std::size_t system = (i + round) % systems;
      const double value = measure(system);
      if (round > 0) result[system].push_back(value);
    }
  return result;
}

}  // namespace bench
