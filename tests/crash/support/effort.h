// How much the tests that hunt races and crashes do: as long as CI can afford, more when asked for.
#pragma once
#include <chrono>
#include <cstdlib>

namespace test {

// SNAPSHOT_TEST_SCALE=20 makes every time and count twenty times as large.
inline double effort_scale() {
  const char *text = std::getenv("SNAPSHOT_TEST_SCALE");
  const double scale = text == nullptr ? 1 : std::atof(text);
  return scale > 0 ? scale : 1;
}

class Deadline {
 public:
  explicit Deadline(double seconds)
      : end_(Clock::now() + std::chrono::duration<double>(seconds * effort_scale())) {}
  bool passed() const { return Clock::now() >= end_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::chrono::time_point<Clock, std::chrono::duration<double>> end_;
};

}  // namespace test
