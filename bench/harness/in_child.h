// Measurements in a process of their own, which ends with them: first mappings, crashes, recoveries.
#pragma once
#include <functional>

namespace bench {

// What body returns in a forked child. Fails if the child does.
double in_child(const std::function<double()> &body);

// Runs body in a forked child and then kills it, with whatever it has mapped and committed.
void in_killed_child(const std::function<void()> &body);

}  // namespace bench
