// A run of the explorer over traces, as people see it: failures with the command that reproduces them,
// totals.
#pragma once
#include <chrono>
#include <string>

#include "explorer.h"
#include "sequences.h"

namespace states {

struct SessionOptions {
  ExplorerOptions explorer;
  bool show = false;                  // print the events
  bool show_choices = false;          // print what was done and what was not in an image that fails
  std::vector<std::string> settings;  // "NAME=value", for the program that is recorded
  std::string keep_trace;             // where to leave the trace of a sequence, or empty
  u64 stop_after = 20;                // failures
};

class Session {
 public:
  explicit Session(const SessionOptions &options);

  // what: the arguments of crash_states that lead to this trace.
  void explore(const std::vector<Event> &events, const std::string &what);
  // Records it first. A program that fails is a failure.
  void explore(const Sequence &sequence, const std::string &media);
  // An explorer that finds nothing must be one that could have: without its fences, or its syncs, a program
  // is lost. A failure if it is not.
  void expect_canary_to_die(const std::string &media);

  void set_deadline(std::chrono::seconds from_now);
  bool is_over() const;  // the deadline has passed, or there are enough failures
  void print_totals(const char *of) const;
  u64 failures() const { return failures_; }

 private:
  using Clock = std::chrono::steady_clock;
  void fail(const std::string &why, const std::string &what);
  static void show(const std::vector<Event> &events);
  const SessionOptions options_;
  Explorer explorer_;
  u64 failures_ = 0;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace states
