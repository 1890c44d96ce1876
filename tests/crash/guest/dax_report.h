// What a run of killed machines has shown: for people, and as JSON.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace guest {

struct SoakFailure {
  std::uint64_t cycle;
  std::string how, what;
};

struct SoakReport {
  std::string date, host_kernel, guest_kernel, emulator;
  std::uint64_t seed = 0, wanted = 0, cycles = 0;
  std::uint64_t unstarted = 0;    // machines that came to nothing, and were started again
  std::uint64_t synchronous = 0;  // machines whose mapping was MAP_SYNC: all must be
  std::uint64_t killed_in_recovery = 0, killed_while_committing = 0;
  std::uint64_t commits = 0, found_last = 0, found_next = 0;
  std::uint64_t undone = 0, complete = 0;  // what recovery found the newest commit to be
  double seconds = 0;
  std::vector<SoakFailure> failures;

  bool passed() const { return failures.empty() && cycles > 0; }
};

std::string as_text(const SoakReport &report);
std::string as_json(const SoakReport &report);

}  // namespace guest
