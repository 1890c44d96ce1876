// A directory of its own for one run: files/ is where the program runs; beside it what only we and the
// checker need. Removed at the end, unless it is kept.
#pragma once
#include <optional>

#include "options.h"

namespace crash_test {

class Attempt {
 public:
  // options must outlive it.
  explicit Attempt(const Options &options);
  ~Attempt();
  Attempt(const Attempt &) = delete;
  Attempt &operator=(const Attempt &) = delete;

  // Leaves in files() what is there when the program starts, and nothing else.
  void refill();
  Ended run_program(const Words &environment, std::optional<double> kill_after) const;
  Ended run_checker() const;
  void keep() { kept_ = true; }

  const std::string &root() const { return root_; }
  std::string path(const std::string &name) const { return root_ + "/" + name; }
  std::string files() const { return path("files"); }
  std::string output() const { return path("output"); }
  std::string checker_output() const { return path("checker-output"); }

 private:
  const Options &options_;
  std::string root_;
  bool kept_ = false;
};

}  // namespace crash_test
