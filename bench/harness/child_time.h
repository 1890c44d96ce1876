// The time of a program that runs to its end.
#pragma once
#include <string>
#include <vector>

namespace bench {

struct ChildTime {
  double user_seconds;
  std::string output;  // what it printed, up to 4096 bytes
};

// Fails if the program's exit status is not 0.
ChildTime run_child(const std::vector<std::string> &command);

}  // namespace bench
