// kyotocabinet_updates: the updates of worker.cc by plain Kyoto Cabinet, with its soft and its hard
// transactions, and by the port to Snapshot; on memory media and on a disk. See bench/README.md.
// bench/kyotocabinet builds the workers.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "harness/worker_process.h"

namespace bench {
namespace {

constexpr unsigned kPerCommit[] = {1, 10, 100, 1000};

struct Medium {
  const char *figure, *title, *environment;
  std::string parent;     // of the files
  const char *clock;      // which of a worker's times counts
  std::uint64_t updates;  // of a round, at least
  std::uint64_t commits;  // of a round, at most
  std::size_t reference;  // the system that the port is compared with first
  double aims[2];         // times faster at the smallest and at the largest commits; 0: none
};

struct System {
  std::string name, how;
  std::unique_ptr<WorkerProcess> worker;
};

class Comparison {
 public:
  Comparison(const Options &options, const Medium &medium) : medium_(medium), scratch_(medium.parent) {
    add(options, "none", "plain", "none");
    add(options, "soft", "plain", "soft");
    add(options, "hard", "plain", "hard");
    add(options, "port", "snapshot", "hard", "SNAPSHOT_PROTOCOL=redo");
    add(options, "port, undo", "snapshot", "hard", "SNAPSHOT_PROTOCOL=undo");
  }

  void measure_all(const Options &options) {
    std::vector<std::string> names;
    for (const System &system : systems_) names.push_back(system.name);
    Figure figure(
        options,
        {medium_.figure,
         std::string("Kyoto Cabinet: random updates of 100-byte values in a million records, ") +
             medium_.title,
         "per commit",
         medium_.clock == std::string("ns") ? "ns per update (CPU time)" : "ns per update (wall time)"},
        names);
    for (const unsigned per_commit : kPerCommit)
      figure.row(std::to_string(per_commit), measure(per_commit, options.rounds), ratios(per_commit));
    verify();
    for (System &system : systems_) system.worker->finish();
  }

 private:
  static constexpr std::size_t kSoft = 1, kHard = 2, kPort = 3;

  void add(const Options &options, const std::string &name, const std::string &kind, const std::string &how,
           const std::string &protocol = "SNAPSHOT_PROTOCOL=auto") {
    const std::string worker = options.program("kyotocabinet_updates-" + kind);
    if (access(worker.c_str(), X_OK) != 0) fail(worker + ": not built; bench/kyotocabinet builds it");
    systems_.push_back(
        {name, how,
         std::make_unique<WorkerProcess>(std::vector{worker, scratch_.file(name), how},
                                         std::vector<std::string>{medium_.environment, protocol})});
  }

  Rounds measure(unsigned per_commit, unsigned rounds) {
    const std::uint64_t commits = std::clamp(medium_.updates / per_commit, std::uint64_t{1}, medium_.commits);
    const std::uint64_t updates = commits * per_commit;
    transactions_ += (rounds + 1) * commits;
    const std::string command = "run " + std::to_string(updates) + " " + std::to_string(per_commit);
    return interleave(systems_.size(), rounds, [&](std::size_t i) {
      return static_cast<double>(number(systems_[i].worker->ask(command), medium_.clock)) /
             static_cast<double>(updates);
    });
  }

  // That each did the work, and the same work.
  void verify() {
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < systems_.size(); ++i) {
      Reply facts = systems_[i].worker->ask("check");
      const auto require = [&](bool truth, const char *what) {
        if (!truth) fail("kyotocabinet_updates: " + systems_[i].name + ": " + what);
      };
      if (i == 0) expected = number(facts, "digest");
      require(number(facts, "digest") == expected, "the records differ from the first system's");
      require(number(facts, "count") == 1000000, "the number of records is wrong");
      require(number(facts, "transactions") == transactions_, "the number of transactions is wrong");
      require(number(facts, "wal") == (i == kSoft || i == kHard ? 1 : 0),
              "it should write a log of its own if it is plain and has transactions, and only then");
      // One more: the records at the start.
      if (i >= kPort)
        require(number(facts, "commits") == transactions_ + 1, "the number of commits is wrong");
    }
  }

  std::vector<Ratio> ratios(unsigned per_commit) const {
    const double aim = per_commit == 1 ? medium_.aims[0] : per_commit == 1000 ? medium_.aims[1] : 0;
    std::vector<Ratio> all;
    for (const std::size_t plain : {kSoft, kHard})
      all.push_back({systems_[plain].name, "port", Relation::at_least, plain == medium_.reference ? aim : 0});
    all.push_back({"port, undo", "port"});
    return all;
  }

  const Medium &medium_;
  ScratchDir scratch_;
  std::vector<System> systems_;
  std::uint64_t transactions_ = 0;  // per system
};

void kyotocabinet_updates(const Options &options) {
  const char *disk = getenv("BENCH_DISK");
  // Hard transactions sync at each update, so a round on a disk has few of them.
  const Medium media[] = {
      {.figure = "kyotocabinet_memory",
       .title = "memory media",
       .environment = "SNAPSHOT_MEDIA=memory",
       .parent = "",
       .clock = "ns",
       .updates = 20000,
       .commits = 20000,
       .reference = 1,
       .aims = {4, 1.5}},
      {.figure = "kyotocabinet_disk",
       .title = "on a disk",
       .environment = "SNAPSHOT_MEDIA=page-cache",
       .parent = disk != nullptr ? disk : options.directory,
       .clock = "wall_ns",
       .updates = 1000,
       .commits = 200,
       .reference = 2,
       .aims = {3, 0}},
  };
  for (const Medium &medium : media) Comparison(options, medium).measure_all(options);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::kyotocabinet_updates); }
