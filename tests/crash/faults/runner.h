// One scenario with one fault, in a child of its own: whatever it does to the library or to itself ends with
// it.
#pragma once
#include <string>

#include "scenarios.h"

namespace faults {

// How the library is set up, and where.
struct Setting {
  const Scenario *scenario;
  std::string media, copy;  // SNAPSHOT_MEDIA, SNAPSHOT_COPY
};

struct Outcome {
  bool reached = false;              // the call with the number of the fault was made
  std::uint64_t calls = 0;           // made since the scenario armed the fault
  std::string call;                  // what the call with that number does
  std::vector<std::string> choices;  // how it can fail
  bool unlisted = false;             // failure.cc says neither how nor why it cannot
  std::string problem;               // empty: every rule was kept
};

class Runner {
 public:
  // directory: for the scenario's files, and otherwise empty.
  Runner(const Setting &setting, const std::string &directory, std::uint64_t seed);
  ~Runner();
  Runner(const Runner &) = delete;
  Runner &operator=(const Runner &) = delete;
  Outcome run(const Fault &fault);

 private:
  void remove_leftovers() const;
  [[noreturn]] void in_child(const Fault &fault);
  std::string problem_after(int status) const;

  Setting setting_;
  std::string directory_;
  std::uint64_t seed_;
  Start start_;
  Record *record_;
};

}  // namespace faults
