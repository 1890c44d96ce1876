#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

namespace soak {
namespace {

using namespace std::chrono_literals;
constexpr auto tick = 100ms;  // for the display alone: how late the end is noticed

}  // namespace

Progress::Progress(const Tally &tally, u64 kills)
    : tally_(tally), kills_(kills), on_terminal_(isatty(STDOUT_FILENO) != 0), next_(begin_ + tick) {}

void Progress::show_and_wait() {
  std::this_thread::sleep_for(tick);
  if (Clock::now() < next_) return;
  next_ = Clock::now() + (on_terminal_ ? std::chrono::milliseconds(500) : std::chrono::milliseconds(10'000));
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const u64 done = std::min(tally_.kills.load(), kills_);
  const double rate = static_cast<double>(done) / seconds;
  const double left = rate > 0 ? static_cast<double>(kills_ - done) / rate : 0;
  std::printf("%s%llu of %llu kills, %.0f a second, %.0f s left, %llu failures%s",
              on_terminal_ ? "\r\033[K" : "", static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(kills_), rate, left,
              static_cast<unsigned long long>(tally_.failures.load()), on_terminal_ ? "" : "\n");
  std::fflush(stdout);
}

void Progress::finish() const {
  if (on_terminal_) std::printf("\r\033[K");
}

}  // namespace soak
