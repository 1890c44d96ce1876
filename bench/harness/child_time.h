// The time of a program that runs to its end.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct ChildTime {
  double user_seconds;   // with those of the children that it waited for
  std::string output;    // what it printed, some thousand bytes at most
  std::uint64_t digest;  // of all that it printed
};

// Fails if the program's exit status is not 0.
ChildTime run_child(const std::vector<std::string> &command);

}  // namespace bench
