// durable_updates: the updates of worker.cc in each system, side by side on a disk. See bench/README.md.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "harness/fail.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "harness/worker_process.h"

namespace bench {
namespace {

constexpr unsigned kPerCommit[] = {1, 10, 100};
constexpr std::uint64_t kCommitsPerRound = 200;
constexpr std::uint64_t kCommitsOfThreads = 2000;  // starting threads takes as long as some commits
constexpr double kFloorAim = 1.15;                 // times the floor, at most
constexpr double kThreadsAim = 2.5;                // times the commits of one thread
constexpr const char *kFloor = "pwrite", *kOurs = "redo";

struct System {
  std::string name;
  unsigned threads;
  std::unique_ptr<WorkerProcess> worker;
  std::uint64_t commits = 0;
};

class Comparison {
 public:
  Comparison(const std::string &directory, const Options &options) : options_(options), scratch_(directory) {
    const std::string redo = "SNAPSHOT_PROTOCOL=redo", undo = "SNAPSHOT_PROTOCOL=undo";
    add(kFloor, "pwrite", 1, {});
    add(kOurs, "snapshot", 1, {redo});
    add("undo", "snapshot", 1, {undo});
    for (const char *other : {"sqlite", "lmdb", "kyotocabinet", "tkrzw", "rocksdb", "msync"})
      add(other, other, 1, {});
    add("redo, 4 threads", "snapshot", 4, {redo});
    add("pwrite, 4 threads", "pwrite", 4, {});
  }

  void measure_all() {
    std::printf("  %-10s", "per commit");
    for (const System &s : systems_)
      if (s.threads == 1) std::printf("%15s", s.name.c_str());
    std::printf("   redo / pwrite (aim: at most %g at 1)\n", kFloorAim);
    for (const unsigned per_commit : kPerCommit) measure(per_commit);
    measure_threads();
    verify();
    for (System &s : systems_) s.worker->finish();
  }

 private:
  void add(const std::string &name, const std::string &store, unsigned threads,
           std::vector<std::string> environment) {
    const std::string worker = options_.program("durable_updates-" + store);
    if (access(worker.c_str(), X_OK) != 0) {
      std::printf("  (no %s: it was not built)\n", name.c_str());
      return;
    }
    environment.push_back("SNAPSHOT_MEDIA=page-cache");
    std::vector<std::string> command = {worker, scratch_.file(std::to_string(systems_.size()))};
    if (threads > 1) command.push_back(std::to_string(threads));
    systems_.push_back({name, threads, std::make_unique<WorkerProcess>(command, environment)});
  }

  // Wall time in ns of a commit.
  double run(System &s, unsigned per_commit, std::uint64_t commits) {
    s.commits += commits;
    const std::string command =
        "run " + std::to_string(commits * per_commit) + " " + std::to_string(per_commit);
    return static_cast<double>(number(s.worker->ask(command), "wall_ns")) / static_cast<double>(commits);
  }
  std::vector<System *> with_threads(bool several) {
    std::vector<System *> all;
    for (System &s : systems_)
      if ((s.threads > 1) == several) all.push_back(&s);
    return all;
  }
  System *named(const std::string &name) {
    for (System &s : systems_)
      if (s.name == name) return &s;
    fail("durable_updates: no " + name);
  }

  void measure(unsigned per_commit) {
    const std::vector<System *> all = with_threads(false);
    const Rounds times = interleave(all.size(), options_.rounds, [&](std::size_t i) {
      return run(*all[i], per_commit, kCommitsPerRound);
    });
    std::printf("  %-10u", per_commit);
    std::size_t ours = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::vector<double> us = times[i];
      for (double &value : us) value /= 1000;
      std::printf("%16s", with_spread(summarise(us), 0).c_str());
      if (all[i]->name == kOurs) ours = i;
    }
    const Summary ratio = summarise(paired_ratios(times[ours], times[0]));
    std::printf("   %s", with_spread(ratio, 2).c_str());
    if (per_commit == 1) std::printf(" (%s)", words(at_most(ratio, kFloorAim)));
    std::printf("\n");
    std::fflush(stdout);
  }

  void measure_threads() {
    for (const char *name : {kOurs, kFloor}) {
      System *const one = named(name), *const four = named(std::string(name) + ", 4 threads");
      System *const pair[] = {one, four};
      const Rounds times =
          interleave(2, options_.rounds, [&](std::size_t i) { return run(*pair[i], 1, kCommitsOfThreads); });
      const Summary ratio = summarise(paired_ratios(times[0], times[1]));
      std::printf("  %s: commits per second of 4 threads against one: %s", name,
                  with_spread(ratio, 2).c_str());
      if (name == std::string(kOurs))
        std::printf(" (aim: at least %g: %s)", kThreadsAim, words(at_least(ratio, kThreadsAim)));
      std::printf("\n");
    }
  }

  // That each did the work, and the same work.
  void verify() {
    std::string one, several;
    for (System &s : systems_) {
      Reply facts = s.worker->ask("check");
      const auto require = [&](bool truth, const char *what) {
        if (!truth) fail("durable_updates: " + s.name + ": " + what);
      };
      // The one with threads was measured longer, and so was the one without.
      std::string &expected = s.threads > 1 ? several : one;
      const bool longer = s.name == kOurs || s.name == kFloor;
      if (s.threads > 1 || !longer) {
        if (expected.empty()) expected = facts["digest"];
        require(facts["digest"] == expected, "the records differ from another system's");
      }
      if (!facts.contains("commits")) continue;
      require(number(facts, "managed") == 1, "the array is not managed");
      // Of several threads that commit the whole array at once, one may find nothing left to commit.
      if (s.threads == 1) require(number(facts, "commits") == s.commits, "the number of commits is wrong");
    }
  }

  const Options &options_;
  ScratchDir scratch_;
  std::vector<System> systems_;
};

void durable_updates(const Options &options) {
  const char *disk = std::getenv("BENCH_DISK");
  std::printf(
      "random 100-byte updates of 100,000 records, durable at each commit: us per commit (wall time), "
      "median of %u\n",
      options.rounds);
  Comparison comparison(disk != nullptr ? disk : options.directory, options);
  comparison.measure_all();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::durable_updates); }
