// Rounds on a disk are as long as the disk is slow: a sync takes 0.1 ms on one and 5 ms on another.
#pragma once
#include <cstdint>
#include <string>

namespace bench {

// How many times one changed page of a file in this directory can be synced in so many us: at least `least`,
// and at most `most`.
std::uint64_t commits_in(double us, const std::string &directory, std::uint64_t least, std::uint64_t most);

}  // namespace bench
