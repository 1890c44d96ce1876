#include "harness/interleave.h"

namespace bench {

std::vector<Rounds> interleave(std::size_t systems, unsigned rounds, std::size_t values,
                               const std::function<std::vector<double>(std::size_t)> &measure) {
  std::vector<Rounds> result(values, Rounds(systems));
  for (unsigned round = 0; round <= rounds; ++round)
    for (std::size_t i = 0; i < systems; ++i) {
      const std::size_t system = (i + round) % systems;
      const std::vector<double> measured = measure(system);
      for (std::size_t v = 0; v < values && round > 0; ++v) result[v][system].push_back(measured.at(v));
    }
  return result;
}

Rounds interleave(std::size_t systems, unsigned rounds, const std::function<double(std::size_t)> &measure) {
  return interleave(systems, rounds, 1, [&](std::size_t i) { return std::vector{measure(i)}; }).front();
}

}  // namespace bench
