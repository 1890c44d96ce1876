#include "attempt.h"

#include <filesystem>
#include <stdexcept>

namespace crash_test {

namespace fs = std::filesystem;

Attempt::Attempt(const Options &options)
    : options_(options), root_(options.directory + "/snapshot-crash-XXXXXX") {
  if (mkdtemp(root_.data()) == nullptr)
    throw std::runtime_error(options.directory + ": cannot make a directory in it");
  refill();
}

Attempt::~Attempt() {
  std::error_code ignored;
  if (!kept_) fs::remove_all(root_, ignored);
}

void Attempt::refill() {
  fs::remove_all(files());
  if (options_.template_directory.empty())
    fs::create_directory(files());
  else
    fs::copy(options_.template_directory, files(),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

Ended Attempt::run_program(const Words &environment, std::optional<double> kill_after) const {
  return run({options_.program, environment, files(), output(), kill_after});
}

Ended Attempt::run_checker() const {
  const Words environment = {"SNAPSHOT_CRASH_OUTPUT=" + output()};
  return run({{"/bin/sh", "-c", options_.check}, environment, files(), checker_output(), {}});
}

}  // namespace crash_test
