// What a slower medium adds to memory that is fast: it takes a line every line_ns, and a line is durable
// latency_ns after it was taken. Writes return at once, as they do where the CPU and the memory controller
// have queues; a fence waits until everything is durable, and costs nothing where nothing is on its way. One
// object for each thread.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "harness/ticks.h"

namespace bench {

struct MediumSpeed {
  double line_ns, latency_ns;
};

class SlowMedium {
 public:
  explicit SlowMedium(MediumSpeed speed)
      : line_ticks_(speed.line_ns * ticks_per_ns()), latency_ticks_(speed.latency_ns * ticks_per_ns()) {}

  // To be called when the CPU has been told to write the lines.
  void write(std::uint64_t lines) {
    const auto now = static_cast<double>(ticks());
    taken_ = (taken_ > now ? taken_ : now) + static_cast<double>(lines) * line_ticks_;
    on_their_way_ = true;
  }
  void fence() {
    if (!on_their_way_) return;
    const double durable = taken_ + latency_ticks_;
    while (static_cast<double>(ticks()) < durable) _mm_pause();
    on_their_way_ = false;
  }

 private:
  double line_ticks_, latency_ticks_;
  double taken_ = 0;  // when the device has taken all lines so far, in ticks
  bool on_their_way_ = false;
};

// What stands for two kinds of device.
//   Optane: 2.3 GB/s of writes to one module, as measured (Izraelevitz et al., "Basic Performance
//   Measurements of the Intel Optane DC Persistent Memory Module", arXiv:1903.05714; Yang et al., FAST 2020):
//   28 ns for a line. 90 ns until a non-temporal store and its fence are done is of the same authors, quoted
//   from memory. CXL: assumptions. 180 ns to memory in a pool is in the range that Li et al., "Pond", ASPLOS
//   2023, give (70 to 90 ns more than local memory, and more with more sockets); 12.8 GB/s of writes, 5 ns
//   for a line, is a third of a DDR5-4800 channel.
// slow_media varies the latency from 25 to 800 ns, which covers what is open in these.
constexpr MediumSpeed kOptane{28, 90}, kCxl{5, 180};

}  // namespace bench
