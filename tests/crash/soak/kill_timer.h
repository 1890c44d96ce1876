// Kills its process at an instant to come: a timer of the kernel's whose signal is SIGKILL. It comes as an
// interrupt, so that every instruction is within reach, whatever else the machine is doing.
#pragma once
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace soak {

inline std::uint64_t nanoseconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Keeps the processor until then.
inline void spin_until(std::uint64_t nanoseconds) {
  while (nanoseconds_now() < nanoseconds) {
  }
}

class KillTimer {
 public:
  KillTimer() {
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) std::abort();
  }
  KillTimer(const KillTimer &) = delete;
  KillTimer &operator=(const KillTimer &) = delete;

  void arm(std::uint64_t nanoseconds) {
    if (nanoseconds == 0) nanoseconds = 1;  // 0 would disarm it
    itimerspec when = {};
    when.it_value.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
    when.it_value.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
    if (timer_settime(timer_, 0, &when, nullptr) != 0) std::abort();
  }

 private:
  timer_t timer_;
};

}  // namespace soak
