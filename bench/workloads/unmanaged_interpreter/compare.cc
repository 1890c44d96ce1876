// unmanaged_interpreter: user time of an interpreter that maps nothing, built by snapcc, against the same
// built by the same clang without it; and by snapcc with less and less of the instrumentation. See
// bench/README.md.
#include <unistd.h>

#include <cstdio>
#include <sstream>

#include "harness/child_time.h"
#include "harness/fail.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/stats.h"

namespace bench {
namespace {

constexpr double kAim = 1.06;

// The first is what the others are compared with; "full" is what users get.
std::vector<std::string> builds(const Options &options) {
  if (options.quick) return {"plain", "full"};
  return {"plain", "off", "call", "check", "full"};
}

std::vector<std::string> programs(const std::string &interpreter) {
  std::istringstream lines(run_child({interpreter}).output);
  std::vector<std::string> names;
  for (std::string name; lines >> name;) names.push_back(name);
  return names;
}

std::string percent(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f%%", 100 * (ratio - 1));
  return text;
}

Rounds measure(const std::vector<std::string> &interpreters, const std::string &program, unsigned rounds) {
  std::string expected;
  return interleave(interpreters.size(), rounds, [&](std::size_t i) {
    const ChildTime time = run_child({interpreters[i], program});
    if (expected.empty()) expected = time.output;
    if (time.output != expected) fail(interpreters[i] + ": " + program + " gives another result");
    return time.user_seconds;
  });
}

// Geometric means of the programs' ratios, one for each round: their spread is that of the whole.
std::vector<double> means_by_round(const std::vector<std::vector<double>> &by_program) {
  std::vector<double> means;
  for (std::size_t round = 0; round < by_program.front().size(); ++round) {
    std::vector<double> ratios;
    for (const auto &program : by_program) ratios.push_back(program[round]);
    means.push_back(geometric_mean(ratios));
  }
  return means;
}

void print_heading(const Options &options, const std::vector<std::string> &names) {
  std::printf("an interpreter that maps no file: user time against the uninstrumented build, median of %u\n",
              options.rounds);
  std::printf("  %-12s%10s", "program", "plain");
  for (std::size_t i = 1; i < names.size(); ++i) std::printf("%10s", names[i].c_str());
  std::printf("\n");
}

void print_means(const std::vector<std::vector<std::vector<double>>> &ratios) {
  std::printf("  %-12s%10s", "geo. mean", "");
  Summary full;
  for (std::size_t i = 1; i < ratios.size(); ++i) {
    full = summarise(means_by_round(ratios[i]));
    std::printf("%10s", percent(full.median).c_str());
  }
  std::printf("   (aim: full at most %s; %s to %s: %s)\n", percent(kAim).c_str(), percent(full.low).c_str(),
              percent(full.high).c_str(), words(at_most(full, kAim)));
}

void unmanaged_interpreter(const Options &options) {
  const std::vector<std::string> names = builds(options);
  std::vector<std::string> interpreters;
  for (const std::string &name : names) interpreters.push_back(options.program("interpreter-" + name));
  if (access(interpreters.back().c_str(), X_OK) != 0) {
    std::printf("unmanaged_interpreter: skipped: this build has no compiler pass\n");
    return;
  }
  print_heading(options, names);
  std::vector<std::vector<std::vector<double>>> ratios(names.size());  // by build, program, round
  for (const std::string &program : programs(interpreters.front())) {
    const Rounds seconds = measure(interpreters, program, options.rounds);
    std::printf("  %-12s%8.0fms", program.c_str(), 1000 * summarise(seconds.front()).median);
    for (std::size_t i = 1; i < names.size(); ++i) {
      ratios[i].push_back(paired_ratios(seconds[i], seconds.front()));
      std::printf("%10s", percent(summarise(ratios[i].back()).median).c_str());
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  print_means(ratios);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::unmanaged_interpreter); }
