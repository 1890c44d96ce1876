// One of the processes among which the soak divides its programs.
#pragma once
#include "options.h"

namespace soak {

// One for each worker, in shared memory: what it is at, in case it dies of it.
struct WorkerState {
  Count seed{0};
};

// Takes programs until there were enough kills. Failures go to failures_path, a line each.
void work(const Options &options, Tally &tally, WorkerState &state, const std::string &failures_path);

std::string reproducing_command(const Options &options, u64 seed);

}  // namespace soak
