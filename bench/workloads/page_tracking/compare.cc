// page_tracking: what a commit costs when the pages that were stored to have to be found, by how many there
// are and by the way of finding them, beside stores that are declared, so that nothing has to be found. See
// bench/README.md.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/worker_process.h"

namespace bench {
namespace {

struct Way {
  std::string name;
  std::unique_ptr<WorkerProcess> worker;
  std::uint64_t scanned = 0, compared = 0;  // pages, in a commit of the last round
};

// Comparing every page takes a tenth of a second, whatever was stored to.
std::uint64_t commits_per_round(std::uint64_t pages, const std::string &way) {
  return way == "compare" || pages > 1000 ? 1 : 10;
}

class Comparison {
 public:
  explicit Comparison(const Options &options) : options_(options) {
    for (const char *name : {"declared", "scan", "copies", "compare"}) {
      auto worker = std::make_unique<WorkerProcess>(
          std::vector<std::string>{options.program("page_tracking-worker"), scratch_.file(name), name},
          std::vector<std::string>{"SNAPSHOT_MEDIA=memory", "SNAPSHOT_LOG=off"});
      if (number(worker->ask("check"), "works") == 0)
        std::printf("  (no %s: the kernel's interface for it does not work here)\n", name);
      else
        ways_.push_back({name, std::move(worker)});
    }
  }

  void measure() {
    std::vector<std::string> names;
    for (const Way &way : ways_) names.push_back(way.name);
    Figure commits(options_,
                   {"page_tracking", "a commit that has to find the pages stored to in 1 GiB, memory media",
                    "pages stored to", "us per commit"},
                   names);
    std::vector<Rounds> store_times;
    constexpr std::uint64_t kPages[] = {1, 100, 10000};
    for (const std::uint64_t pages : kPages) {
      const std::vector<Rounds> both =
          interleave(ways_.size(), options_.rounds, 2, [&](std::size_t i) { return run(ways_[i], pages); });
      commits.row(std::to_string(pages), both[0]);
      store_times.push_back(both[1]);
      print_pages(pages);
    }
    Figure stores(options_,
                  {"page_tracking_stores", "the first store to a page after a commit, memory media",
                   "pages stored to", "ns per store"},
                  names);
    for (std::size_t i = 0; i < store_times.size(); ++i)
      stores.row(std::to_string(kPages[i]), store_times[i]);
    for (Way &way : ways_) way.worker->finish();
  }

 private:
  // us per commit, ns per store.
  std::vector<double> run(Way &way, std::uint64_t pages) {
    const std::uint64_t commits = commits_per_round(pages, way.name);
    (void)way.worker->ask("run " + std::to_string(commits) + " " + std::to_string(pages));
    const Reply facts = way.worker->ask("check");
    if (number(facts, "lines") != commits * pages)
      fail("page_tracking: " + way.name + ": not exactly the changed lines were committed");
    way.scanned = number(facts, "scanned") / commits;
    way.compared = number(facts, "compared") / commits;
    const auto count = static_cast<double>(commits);
    return {static_cast<double>(number(facts, "commit_ns")) / count / 1000,
            static_cast<double>(number(facts, "store_ns")) / count / static_cast<double>(pages)};
  }

  void print_pages(std::uint64_t pages) {
    std::printf("    of %llu pages, scanned and compared in a commit:",
                static_cast<unsigned long long>(pages));
    for (const Way &way : ways_)
      std::printf(" %s %llu, %llu;", way.name.c_str(), static_cast<unsigned long long>(way.scanned),
                  static_cast<unsigned long long>(way.compared));
    std::printf("\n");
  }

  const Options &options_;
  ScratchDir scratch_;
  std::vector<Way> ways_;
};

void page_tracking(const Options &options) { Comparison(options).measure(); }

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::page_tracking); }
