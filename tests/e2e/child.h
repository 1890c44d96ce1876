// Running the example programs, and killing them. Not thread-safe: the driver has one thread.
//
// Every child is waited for by its process id, dies with the driver (PR_SET_PDEATHSIG) and writes what it
// prints to a file, so that it never waits for a reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

using Command = std::vector<std::string>;
using std::chrono::microseconds;

// The descriptor on which a child finds the progress pipe.
inline constexpr int progress_fd = 3;

struct Outcome {
  enum class End { exited, signalled, timed_out } end = End::exited;
  int status = 0;  // exit status or signal
  std::string output;
  microseconds duration{0};

  bool succeeded() const { return end == End::exited && status == 0; }
  std::string describe() const;
};

// Runs to the end, or until the time is up: of the clock for a command that sleeps then, of its own processor
// time for one that does not, since on a busy machine a sound one may get the processor late.
Outcome run_command(const Command &command, microseconds time_max);

// When to kill: so long after so many progress messages (after the start if 0). On a busy machine a child
// that has just written a message may not run again for long, so the delay can be of its own processor time;
// kills in the midst of waiting for a disk need the wall's time.
struct KillPoint {
  std::uint64_t messages = 0;
  microseconds delay{0};
  bool of_processor_time = false;
};

struct Killed {
  std::optional<std::uint64_t> reported;  // the last number the child reported
  bool finished = false;                  // it came to its end before it could be killed
  Outcome outcome;
};

// Runs a command that reports progress on progress_fd, one number per line, and kills it with SIGKILL.
Killed run_and_kill(const Command &command, const KillPoint &point);

// To be called once: SIGINT and SIGTERM shall end the driver by an exception, so that everything is cleaned
// up, and timers be exact enough to aim with.
void prepare_driver();

}  // namespace e2e
