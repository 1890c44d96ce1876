#pragma once
#include <string>

#include "campaign.h"

namespace soak {

struct Options {
  u64 kills = 1000;
  u64 seed = 0;  // of the first program; the next has the next
  u64 kills_per_program = 20;
  unsigned jobs = 2;
  bool repeat = false;  // the first program again and again
  std::string report_directory, disk_directory, memory_directory = "/dev/shm";
  std::string command;  // that reproduces, without its seed
  Programs programs;
};

}  // namespace soak
