// random_swaps: the swaps of worker.cc in each system, side by side. See bench/README.md.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "harness/worker_process.h"

namespace bench {
namespace {

constexpr unsigned kPerCommit[] = {1, 8, 64};
constexpr std::uint64_t kSwapsPerRound = 128 << 10;
constexpr double kAim = 5;  // times faster than libpmemobj

struct System {
  std::string name;
  std::unique_ptr<WorkerProcess> worker;
};

struct Comparison {
  ScratchDir scratch;
  std::vector<System> systems;
  std::uint64_t commits = 0;  // per system

  void add(const Options &options, const std::string &name, const std::string &program,
           std::vector<std::string> environment) {
    const std::string worker = options.program(program);
    if (access(worker.c_str(), X_OK) != 0) {
      std::printf("  (no %s: it was not built)\n", name.c_str());
      return;
    }
    systems.push_back(
        {name, std::make_unique<WorkerProcess>(std::vector{worker, scratch.file(name)}, environment)});
  }
};

void start(Comparison &c, const Options &options) {
  c.add(options, "none", "random_swaps-no_persistence", {});
  c.add(options, "snapshot", "random_swaps-snapshot", {"SNAPSHOT_MEDIA=memory"});
  // By default a file of this size is copied eagerly.
  c.add(options, "lazy", "random_swaps-snapshot", {"SNAPSHOT_MEDIA=memory", "SNAPSHOT_COPY=lazy"});
  c.add(options, "undo", "random_swaps-snapshot", {"SNAPSHOT_MEDIA=memory", "SNAPSHOT_PROTOCOL=undo"});
  if (__builtin_cpu_supports("clwb"))
    c.add(options, "quadra", "random_swaps-quadra", {});
  else
    std::printf("  (no quadra: this CPU has no clwb)\n");
  c.add(options, "libpmemobj", "random_swaps-libpmemobj", {"PMEM_IS_PMEM_FORCE=1"});
}

std::uint64_t digest_of_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  for (std::uint64_t word; file.read(reinterpret_cast<char *>(&word), sizeof word);) digest.add(word);
  return digest.value();
}

// That each system did the work, and the same work.
void verify(Comparison &c) {
  std::uint64_t expected = 0;
  for (System &system : c.systems) {
    Reply facts = system.worker->ask("check");
    const auto require = [&](bool truth, const char *what) {
      if (!truth) fail("random_swaps: " + system.name + ": " + what);
    };
    if (expected == 0) expected = number(facts, "digest");
    require(number(facts, "permutation") == 1, "the array is no permutation any more");
    require(number(facts, "digest") == expected, "the array differs from the first system's");
    if (facts.contains("commits")) {
      require(number(facts, "managed") == 1, "the array is not managed");
      require(number(facts, "commits") == c.commits + 1,
              "the number of commits is wrong");  // 1: initialising
      require(number(facts, "fences") == (system.name == "undo" ? 2 : 1) * number(facts, "commits"),
              "the number of fences is wrong");
    } else if (facts.contains("fences")) {
      require(number(facts, "fences") == c.commits, "it has not fenced each transaction");
    }
    if (facts.contains("plain_file"))
      require(digest_of_file(c.scratch.file(system.name)) == expected, "the file lacks committed swaps");
    if (facts.contains("is_pmem"))
      require(number(facts, "is_pmem") == 1 && number(facts, "msync_calls") == 0,
              "it does not flush, but calls msync");
  }
}

Rounds measure(Comparison &c, unsigned per_commit, unsigned rounds) {
  const std::string command = "run " + std::to_string(kSwapsPerRound) + " " + std::to_string(per_commit);
  c.commits += (rounds + 1) * (kSwapsPerRound / per_commit);
  return interleave(c.systems.size(), rounds, [&](std::size_t i) {
    return static_cast<double>(number(c.systems[i].worker->ask(command), "ns")) / kSwapsPerRound;
  });
}

void random_swaps(const Options &options) {
  Comparison c;
  start(c, options);
  std::vector<std::string> names;
  for (const System &system : c.systems) names.push_back(system.name);
  Figure figure(
      options,
      {"random_swaps", "random 8-byte swaps in 64 MiB on tmpfs, memory media", "per commit", "ns per swap"},
      names);
  for (const unsigned per_commit : kPerCommit)
    figure.row(std::to_string(per_commit), measure(c, per_commit, options.rounds),
               {{"libpmemobj", "snapshot", Relation::at_least, kAim},
                {"undo", "snapshot", Relation::at_least, 1},
                {"snapshot", "quadra", Relation::at_most,
                 per_commit == 64  ? 1.2
                 : per_commit == 1 ? 1
                                   : 0}});
  verify(c);
  for (System &system : c.systems) system.worker->finish();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::random_swaps); }
