// unmanaged_programs: user time of real programs that map nothing, built plainly and by snapcc with more and
// more of the instrumentation. bench/real_programs builds them, and names them in BENCH_PROGRAMS. See
// bench/README.md.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "harness/child_time.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"

namespace bench {
namespace {

constexpr double kAim = 1.03;
constexpr std::size_t kTextBytes = 6 << 20;

// The first is what the others are compared with; "full" is what users get.
const std::vector<std::string> kBuilds = {"plain", "off", "call", "check", "full"};

// Lines of made-up words, few of them frequent: the same each time.
void write_text(const std::string &path) {
  Random random(42);
  std::string text;
  while (text.size() < kTextBytes) {
    for (std::uint64_t words = 4 + random.next() % 12; words > 0; --words) {
      const std::uint64_t rank = (random.next() % 3000) * (random.next() % 3000) / 3000;
      Random letters(rank * 2 + 3);
      for (std::uint64_t length = 2 + rank % 9; length > 0; --length)
        text += static_cast<char>('a' + letters.next() % 26 * (letters.next() % 26) / 26);
      text += words > 1 ? ' ' : '\n';
    }
  }
  std::ofstream file(path, std::ios::binary);
  if (!(file << text).flush()) fail(path + ": cannot be written");
}

std::string command_of(const std::string &program) {
  std::ifstream file(program + "/command");
  std::string command;
  if (!std::getline(file, command)) fail(program + ": not built: run bench/real_programs");
  return command;
}

Rounds measure(const Options &options, const std::string &program, const std::string &text) {
  const std::string directory = options.program("unmanaged_programs.d/" + program);
  const std::string command = command_of(directory);
  std::uint64_t expected = 0;
  return interleave(kBuilds.size(), options.rounds, [&](std::size_t i) {
    const ChildTime time = run_child({"/bin/sh", "-c", command, "sh", directory + "/" + kBuilds[i], text,
                                      BENCH_SOURCE_DIRECTORY "/workloads/unmanaged_programs"});
    if (expected == 0) expected = time.digest;
    if (time.digest != expected) fail(program + ": " + kBuilds[i] + " gives another result");
    return time.user_seconds;
  });
}

void unmanaged_programs(const Options &options) {
  const char *names = std::getenv("BENCH_PROGRAMS");
  if (names == nullptr) fail("run it by bench/real_programs, which builds the programs");
  const ScratchDir scratch;
  write_text(scratch.file("text"));
  std::vector<Rounds> all;
  Figure figure(options, {"unmanaged_programs", "programs that map no file", "program", "s of user time"},
                kBuilds);
  std::istringstream words(names);
  for (std::string program; words >> program;) {
    all.push_back(measure(options, program, scratch.file("text")));
    figure.row(program, all.back(), {{"full", "plain"}});
  }
  Figure mean(options,
              {"unmanaged_programs_mean", "all of them", "", "geometric means of the times, plain's being 1"},
              kBuilds);
  mean.row("all", means_of_programs(all), {{"full", "plain", Relation::at_most, kAim}});
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::unmanaged_programs); }
