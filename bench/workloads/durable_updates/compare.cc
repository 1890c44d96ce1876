// durable_updates: the updates of worker.cc in each system, side by side on a disk. See bench/README.md.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "harness/disk_speed.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/worker_process.h"

namespace bench {
namespace {

constexpr unsigned kPerCommit[] = {1, 10, 100};
// In a round each system makes as many commits as the disk can sync in so much time.
constexpr double kRoundUs = 40'000, kRoundUsQuick = 4'000;
constexpr std::uint64_t kCommitsMin = 12, kCommitsMax = 200;
constexpr std::uint64_t kTimesOfThreads = 8;  // starting threads takes as long as some commits
constexpr double kFloorAim = 1.15;            // times the floor, at most
constexpr double kAim = 1;                    // times faster than each system but the floor
constexpr double kThreadsAim = 2.5;           // times the commits of one thread
const std::string kFloor = "pwrite", kOurs = "redo", kFourThreads = ", 4 threads";

struct System {
  std::string name;
  unsigned threads;
  std::unique_ptr<WorkerProcess> worker;
  std::uint64_t commits = 0;
};

class Comparison {
 public:
  Comparison(const std::string &directory, const Options &options)
      : options_(options),
        scratch_(directory),
        commits_per_round_(
            commits_in(options.quick ? kRoundUsQuick : kRoundUs, directory, kCommitsMin, kCommitsMax)) {
    const std::string redo = "SNAPSHOT_PROTOCOL=redo", undo = "SNAPSHOT_PROTOCOL=undo";
    add(kFloor, "pwrite", 1, {});
    add(kOurs, "snapshot", 1, {redo});
    add("undo", "snapshot", 1, {undo});
    for (const char *other : {"sqlite", "lmdb", "kyotocabinet", "tkrzw", "rocksdb", "msync"})
      add(other, other, 1, {});
    add(kOurs + kFourThreads, "snapshot", 4, {redo});
    add(kFloor + kFourThreads, "pwrite", 4, {});
  }

  void measure_all() {
    measure_one_thread();
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

  // Wall time in us of a commit.
  double run(System &s, unsigned per_commit, std::uint64_t commits) {
    s.commits += commits;
    const std::string command =
        "run " + std::to_string(commits * per_commit) + " " + std::to_string(per_commit);
    return static_cast<double>(number(s.worker->ask(command), "wall_ns")) / 1000 /
           static_cast<double>(commits);
  }
  static std::vector<std::string> names(const std::vector<System *> &systems) {
    std::vector<std::string> all;
    for (const System *s : systems) all.push_back(s->name);
    return all;
  }

  void measure_one_thread() {
    std::vector<System *> all;
    for (System &s : systems_)
      if (s.threads == 1) all.push_back(&s);
    Figure figure(options_,
                  {"durable_updates", "random updates of 100-byte records, durable at each commit",
                   "updates per commit", "us of wall time per commit"},
                  names(all));
    for (const unsigned per_commit : kPerCommit) {
      std::vector<Ratio> ratios = {{kOurs, kFloor, Relation::at_most, per_commit == 1 ? kFloorAim : 0}};
      for (const System *s : all)
        if (s->name != kOurs && s->name != kFloor)
          ratios.push_back({s->name, kOurs, Relation::at_least, kAim});
      figure.row(std::to_string(per_commit),
                 interleave(all.size(), options_.rounds,
                            [&](std::size_t i) { return run(*all[i], per_commit, commits_per_round_); }),
                 ratios);
    }
  }

  // Of all threads together, so that a ratio is one of commits per second.
  void measure_threads() {
    std::vector<System *> all;
    for (const std::string &name : {kOurs, kFloor})
      for (System &s : systems_)
        if (s.name == name || s.name == name + kFourThreads) all.push_back(&s);
    Figure figure(options_,
                  {"durable_updates_threads", "commits of one update each by one thread and by four", "",
                   "us of wall time per commit"},
                  names(all));
    figure.row(
        "1 update per commit",
        interleave(all.size(), options_.rounds,
                   [&](std::size_t i) { return run(*all[i], 1, kTimesOfThreads * commits_per_round_); }),
        {{kOurs, kOurs + kFourThreads, Relation::at_least, kThreadsAim}, {kFloor, kFloor + kFourThreads}});
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
  std::uint64_t commits_per_round_;
  std::vector<System> systems_;
};

void durable_updates(const Options &options) {
  const char *disk = std::getenv("BENCH_DISK");
  Comparison comparison(disk != nullptr ? disk : options.directory, options);
  comparison.measure_all();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::durable_updates); }
