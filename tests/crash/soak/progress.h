// What a soak shows while it runs: one line that is overwritten on a terminal, a line now and then elsewhere.
#pragma once
#include <chrono>

#include "tally.h"

namespace soak {

class Progress {
 public:
  Progress(const Tally &tally, u64 kills);
  void show_and_wait();
  void finish() const;

 private:
  using Clock = std::chrono::steady_clock;
  const Tally &tally_;
  const u64 kills_;
  const bool on_terminal_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace soak
