// The programs under test, seen alike: how to run one of the examples on a file and how to check the file.
#pragma once

#include <cstdint>
#include <string>

#include "child.h"

namespace e2e {

struct Tools {
  std::string examples;  // directory with NAME and NAME-plain, which behave as examples/example.h says
  std::string snapctl;
  // Whether snapctl makes every recovery; else it and the program take turns.
  bool always_snapctl = false;
  std::string words;  // the list that kv loads
  // Not empty: Build::snapshot is NAME-plain as well, under this libsnapshot.so with page tracking.
  std::string preload;
  // Whether a program may repair its file at opening it, because a flag of its own says that nobody closed
  // it.
  bool may_repair = false;
};

enum class Build { snapshot, plain };

class Subject {
 public:
  // Throws if there is no such example.
  Subject(const std::string &name, const Tools &tools, std::uint64_t seed);

  Command run(Build build, const std::string &file, bool with_progress = true) const;
  // Runs only so far.
  Command run_until(Build build, const std::string &file, std::uint64_t operations) const;
  Command check(Build build, const std::string &file) const;

  const std::string &name() const { return name_; }
  std::uint64_t operations() const { return operations_; }
  std::uint64_t commit_every() const { return commit_every_; }
  std::uint64_t commits() const { return operations_ / commit_every_; }

 private:
  Command program(Build build) const;

  std::string name_, words_, examples_, preload_, seed_;
  std::uint64_t operations_ = 0, commit_every_ = 0;
};

// What check() found. The examples' exit statuses are in examples/example.h.
struct Verdict {
  enum class Kind { committed, between_commits, damaged, crashed, hung } kind = Kind::crashed;
  std::uint64_t counter = 0;  // valid for the first two
  std::string details;
  bool forgetful = false;  // of a plain build: less is there than had been reported
  bool repaired = false;   // the program had to repair the file to open it, and says so
};

Verdict run_check(const Command &command, microseconds time_max);

}  // namespace e2e
