// Where the time of a commit goes: counters in a file that the worker, a library with probes (probes.cc) and
// the comparing program share. Whoever passes from one part to the next adds the time since `last` to the
// part.
#pragma once
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

enum class Part : unsigned {
  stores,  // the program's, with their tracking
  find,    // msync until everything is there that the commit needs: lines gathered, marks cleared, room made
  log,     // new lines copied and hashed, the record given to the log
  fence,   // the log is durable
  copy,    // lines to their places in the file
  rest,    // until msync has returned
  count
};

struct Probes {
  std::uint64_t last;
  std::uint64_t ticks[static_cast<unsigned>(Part::count)];

  void begin() { last = __rdtsc(); }
  void end(Part part) {
    const std::uint64_t now = __rdtsc();
    ticks[static_cast<unsigned>(part)] += now - last;
    last = now;
  }
};

}  // namespace bench
