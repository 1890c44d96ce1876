// The crash test of a user's program by kills: a directory for each, the recovery, the user's checker.
#pragma once
#include "attempt.h"

namespace crash_test {

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

  // Until the instant, or to its end.
  Ended run_program(const Attempt &attempt, const Instant &instant) const;
  bool measure();
  Instant instant_of(u64 seed) const;
  bool try_one(u64 seed);
  bool recover_all(const std::string &directory, std::string *what);

  const Options options_;
  u64 events_ = 0;      // instants in a run that nobody disturbs
  double seconds_ = 0;  // how long that takes
  u64 killed_ = 0;      // runs that did not end before their kill
  u64 logs_ = 0;        // found after kills
};

}  // namespace crash_test
