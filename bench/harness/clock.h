// The clocks of the benchmarks.
#pragma once
#include <time.h>

#include <cstdint>

namespace bench {

inline std::uint64_t read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1000000000u + static_cast<std::uint64_t>(t.tv_nsec);
}

inline std::uint64_t wall_ns() { return read_clock(CLOCK_MONOTONIC); }

// User and system time of this thread. What to compare when nothing in the timed part waits: unlike wall time
// it leaves out what other programs do on the same cores.
inline std::uint64_t cpu_ns() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace bench
