// Measures several systems one after the other, round by round.
#pragma once
#include <functional>
#include <vector>

namespace bench {

// One row for each system, one column for each round.
using Rounds = std::vector<std::vector<double>>;

// Calls measure(system) for each system in each round, in an order that shifts by one each time, so that none
// always comes after the same other; one more round before the first is not counted.
Rounds interleave(std::size_t systems, unsigned rounds, const std::function<double(std::size_t)> &measure);

// The same when one measurement gives several values: Rounds for each of them.
std::vector<Rounds> interleave(std::size_t systems, unsigned rounds, std::size_t values,
                               const std::function<std::vector<double>(std::size_t)> &measure);

}  // namespace bench
