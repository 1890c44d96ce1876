// unmanaged_interpreter: user time of an interpreter that maps nothing, built by snapcc, against the same
// built by the same clang with the same flags and without it; and by snapcc with less and less of the
// instrumentation. Each in several layouts. See bench/README.md.
#include <unistd.h>

#include <cstdio>
#include <sstream>

#include "harness/child_time.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/stats.h"

namespace bench {
namespace {

constexpr double kAim = 1.06;

class Interpreters {
 public:
  // The first build is what the others are compared with; "full" is what users get.
  explicit Interpreters(const Options &options) : options_(options), builds_({"plain", "full"}) {
    if (!options.quick) builds_ = {"plain", "off", "call", "check", "full"};
    while (has_all(layouts_)) ++layouts_;
  }
  const std::vector<std::string> &builds() const { return builds_; }
  unsigned layouts() const { return layouts_; }

  std::vector<std::string> programs() const {
    std::istringstream lines(run_child({path(builds_.front(), 0)}).output);
    std::vector<std::string> names;
    for (std::string name; lines >> name;) names.push_back(name);
    return names;
  }

  // In ms. Each round has another layout, for all builds the same.
  Rounds measure(const std::string &program) const {
    std::string expected;
    std::size_t runs = 0;
    return interleave(builds_.size(), options_.rounds, [&](std::size_t i) {
      const auto layout = static_cast<unsigned>(runs++ / builds_.size() % layouts_);
      const ChildTime time = run_child({path(builds_[i], layout), program});
      if (expected.empty()) expected = time.output;
      if (time.output != expected) fail(path(builds_[i], layout) + ": " + program + " gives another result");
      return 1000 * time.user_seconds;
    });
  }

 private:
  std::string path(const std::string &build, unsigned layout) const {
    return options_.program("interpreter-" + build + "-" + std::to_string(layout));
  }
  bool has_all(unsigned layout) const {
    for (const std::string &build : builds_)
      if (access(path(build, layout).c_str(), X_OK) != 0) return false;
    return true;
  }

  const Options &options_;
  std::vector<std::string> builds_;
  unsigned layouts_ = 0;
};

void unmanaged_interpreter(const Options &options) {
  const Interpreters interpreters(options);
  if (interpreters.layouts() == 0) skip("this build has no compiler pass");
  std::printf("an interpreter that maps no file, in %u layouts\n", interpreters.layouts());
  std::vector<Rounds> all;
  Figure figure(options,
                {"unmanaged_interpreter", "an interpreter that maps no file", "program", "ms of user time"},
                interpreters.builds());
  for (const std::string &program : interpreters.programs()) {
    all.push_back(interpreters.measure(program));
    figure.row(program, all.back(), {{"full", "plain"}});
  }
  Figure mean(options,
              {"unmanaged_interpreter_mean", "all of the interpreter's programs", "",
               "geometric means of the times, plain's being 1"},
              interpreters.builds());
  mean.row("all", means_of_programs(all), {{"full", "plain", Relation::at_most, kAim}});
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::unmanaged_interpreter); }
