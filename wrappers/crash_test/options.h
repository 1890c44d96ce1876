// What snaprun --crash-test was asked for.
#pragma once
#include <cstdint>
#include <string>

#include "program_run.h"

namespace crash_test {

using u64 = std::uint64_t;

struct Options {
  std::string check;  // shell command
  u64 seed = 0;
  std::string directory;  // where the runs' directories go
  std::string template_directory;
  Words program;
  std::string tools;    // the directory of this program, and of what it preloads
  std::string library;  // libsnapshot
  std::string snaprun;  // for the command that reproduces

  u64 kills = 100;  // kill i has seed + i

  u64 images = 100'000;         // of explored crash states, about
  std::string recorded, image;  // one image of a recording that was kept
};

enum class Outcome { passed, failed, impossible };

}  // namespace crash_test
