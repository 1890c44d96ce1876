// Runs the program under test, or its checker, in a process group of its own.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace crash_test {

using Words = std::vector<std::string>;

struct Run {
  Words command;
  Words environment;                 // "NAME=value", in addition to this process's
  std::string directory;             // to run in
  std::string output;                // file for what it says on standard output and standard error
  std::optional<double> kill_after;  // seconds
};

struct Ended {
  int status;      // exit status, or 128 + signal
  bool killed;     // by SIGKILL, from here or from itself
  double seconds;  // how long it ran
};

struct Interrupted {};

// To be called once: SIGINT and SIGTERM then end run() by an exception, so that everything is cleaned up.
void catch_interrupts();
// For work between the runs.
void throw_if_interrupted();

// Runs it until its end or until the time is up. Everything in its process group is dead when this returns.
// Throws Interrupted.
Ended run(const Run &what);

}  // namespace crash_test
