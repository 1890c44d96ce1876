// The crash test of a user's program: a directory for each run, the kill, the recovery, the user's checker.
#pragma once
#include <cstdint>
#include <string>

#include "program_run.h"

namespace crash_test {

using u64 = std::uint64_t;

struct Options {
  std::string check;          // shell command
  u64 kills = 100, seed = 0;  // kill i has seed + i
  std::string directory;      // where the runs' directories go
  std::string template_directory;
  Words program;
  std::string preload;  // LD_PRELOAD of the program
  std::string snaprun;  // for the command that reproduces
};

enum class Outcome { passed, failed, impossible };

class CrashTest {
 public:
  explicit CrashTest(const Options &options) : options_(options) {}
  Outcome run();

 private:
  struct Instant {
    u64 event = 0;       // before or after a commit; or
    double seconds = 0;  // after the start
    std::string text;
  };
  class Attempt;

  bool measure();
  Instant instant_of(u64 seed) const;
  bool try_one(u64 seed);
  bool recover_all(const std::string &directory, std::string *what);
  void report(const Attempt &attempt, u64 seed, const Instant &instant, const std::string &what) const;

  const Options options_;
  u64 events_ = 0;      // instants in a run that nobody disturbs
  double seconds_ = 0;  // how long that takes
  u64 killed_ = 0;      // runs that did not end before their kill
  u64 logs_ = 0;        // found after kills
};

}  // namespace crash_test
