// What a program on the disk tells the test, eight bytes at a time, through the pipe on descriptor 3.
#pragma once
#include <time.h>

#include <cstdint>

namespace power {

enum class Event : std::uint8_t {
  clock,      // value: nanoseconds (now_ns) at which the commit that is reported next returned
  returned,   // value: number of the commit that returned 0
  refused,    // detail: the operation, value: errno
  cut,        // the program has cut the power itself
  bus_error,  // detail: the operation it came in, value: the address
  pretended,  // an operation that had to reach the disk succeeded without one
  finished,   // it waits to be killed
  broken,     // the test itself does not work
};

enum class Operation : std::uint8_t { none, open, map, resize, stat, commit, unmap, rollback, change };
inline constexpr const char *operation_names[] = {"none",  "open",   "mmap",     "ftruncate",      "fstat",
                                                  "msync", "munmap", "rollback", "a store or load"};

struct Report {
  Event event;
  std::uint8_t detail;
  std::uint64_t value;  // 48 bits
};

// The same clock in all processes; fits a report's value.
inline std::uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1000000000 + static_cast<std::uint64_t>(now.tv_nsec);
  return ns & ((std::uint64_t{1} << 48) - 1);
}

inline std::uint64_t pack(Report r) {
  return static_cast<std::uint64_t>(r.event) << 56 | static_cast<std::uint64_t>(r.detail) << 48 |
         (r.value & ((std::uint64_t{1} << 48) - 1));
}
inline Report unpack(std::uint64_t word) {
  return {static_cast<Event>(word >> 56), static_cast<std::uint8_t>(word >> 48),
          word & ((std::uint64_t{1} << 48) - 1)};
}

}  // namespace power
