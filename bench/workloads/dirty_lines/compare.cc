// dirty_lines: loops over an array whose lines are dirty already, plain and instrumented, side by side. See
// bench/README.md.
#include <unistd.h>

#include <fstream>
#include <memory>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "harness/worker_process.h"
#include "workloads/dirty_lines/kernels.h"

namespace bench {
namespace {

constexpr const char *kKernels[] = {"fill",      "chain",   "clear",     "letters",    "sort",
                                    "heap_sort", "reverse", "histogram", "structures", "matrix"};
constexpr double kAim = 2;                   // times plain's time
constexpr std::uint64_t kRunNs = 5'000'000;  // of plain's, at least

struct System {
  std::string name, path;
  std::unique_ptr<WorkerProcess> worker;
};

std::vector<System> start(const Options &options, const ScratchDir &scratch, const std::string &kernel) {
  std::vector<System> systems;
  const auto add = [&](const std::string &name, const std::string &program,
                       std::vector<std::string> environment) {
    const std::string path = scratch.file(name + "-" + kernel);
    systems.push_back(
        {name, path,
         std::make_unique<WorkerProcess>(std::vector{options.program(program), path, kernel}, environment)});
  };
  add("plain", "dirty_lines-no_persistence", {});
  add("snapshot", "dirty_lines-snapshot", {"SNAPSHOT_MEDIA=memory"});
  return systems;
}

double run(System &system, std::uint64_t passes) {
  return static_cast<double>(number(system.worker->ask("run " + std::to_string(passes) + " 1"), "ns"));
}

// So many passes that the clock does not matter. All systems make the same ones.
std::uint64_t enough_passes(std::vector<System> &systems) {
  for (std::uint64_t passes = 1;; passes *= 2) {
    const double plain = run(systems.front(), passes);
    for (std::size_t i = 1; i < systems.size(); ++i) (void)run(systems[i], passes);
    if (plain >= kRunNs) return passes;
  }
}

std::uint64_t digest_of_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  for (std::uint64_t word; file.read(reinterpret_cast<char *>(&word), sizeof word);) digest.add(word);
  return digest.value();
}

// That all have the same contents, that every line was dirty all the time, and that none was lost.
void verify(std::vector<System> &systems, const std::string &kernel) {
  std::uint64_t expected = 0;
  for (System &system : systems) {
    Reply facts = system.worker->ask("check");
    const auto require = [&](bool truth, const char *what) {
      if (!truth) fail("dirty_lines: " + kernel + ": " + system.name + ": " + what);
    };
    if (expected == 0) expected = number(facts, "digest");
    require(number(facts, "digest") == expected, "the array differs from plain's");
    require(digest_of_file(system.path) == expected, "the file is not what the array is");
    if (!facts.contains("commits")) continue;
    require(number(facts, "managed") == 1, "the array is not managed");
    // Initialising, and now.
    require(number(facts, "commits") == 2, "there was another commit");
    require(number(facts, "lines") == 2 * number(facts, "words") / 8, "not every line was dirty");
  }
}

void dirty_lines(const Options &options) {
  if (access(options.program("dirty_lines-snapshot").c_str(), X_OK) != 0)
    skip("this build has no compiler pass");
  const ScratchDir scratch;
  Figure figure(
      options,
      {"dirty_lines", "loops over 512 KiB of lines that are dirty already", "kernel", "ns per word and pass"},
      {"plain", "snapshot"});
  for (const std::string kernel : kKernels) {
    std::vector<System> systems = start(options, scratch, kernel);
    const std::uint64_t passes = enough_passes(systems);
    const Rounds values = interleave(systems.size(), options.rounds, [&](std::size_t i) {
      return run(systems[i], passes) / static_cast<double>(passes * kWords);
    });
    figure.row(kernel, values, {{"snapshot", "plain", Relation::at_most, kAim}});
    verify(systems, kernel);
    for (System &system : systems) system.worker->finish();
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::dirty_lines); }
