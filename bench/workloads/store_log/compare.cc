// store_log: what it costs to log at the store, and to find the dirty lines in that log, in a list beside it,
// or in the line map; beside libsnapshot, which logs at the commit. See bench/README.md.
#include <unistd.h>

#include <string>
#include <vector>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/worker_set.h"

namespace bench {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kCommits = 4096;  // in a round: each may look through the whole line map

// The same worker under libsnapshot, and under the other runtime in each of its ways.
class Systems {
 public:
  Systems(const Options &options, const std::string &program, std::vector<std::string> arguments)
      : set_(options) {
    const auto add = [&](const std::string &name, const std::vector<std::string> &environment) {
      std::vector<std::string> all = {scratch_.file(name)};
      all.insert(all.end(), arguments.begin(), arguments.end());
      set_.add(name, program, all, environment);
    };
    const std::string memory = "SNAPSHOT_MEDIA=memory",
                      other = "LD_LIBRARY_PATH=" + options.program("store_log.d");
    add("snapshot", {memory});
    add("undo", {memory, "SNAPSHOT_PROTOCOL=undo"});
    for (const char *find : {"list", "log", "map"}) add(find, {other, std::string("BENCH_FIND=") + find});
  }
  WorkerSet *operator->() { return &set_; }

 private:
  ScratchDir scratch_;
  WorkerSet set_;
};

const std::vector<Ratio> kRatios = {{"log", "list"}, {"map", "list"}, {"log", "snapshot"}};

void store_log(const Options &options) {
  if (access(options.program("store_log.d").c_str(), R_OK) != 0) skip("this build has no compiler pass");
  Systems swaps(options, "random_swaps-snapshot", {});
  Figure by_swaps(
      options,
      {"store_log_swaps", "random 8-byte swaps in 64 MiB, by where a commit finds the dirty lines",
       "swaps per commit", "ns per swap"},
      swaps->names());
  for (const std::uint64_t per_commit : {1u, 8u, 64u})
    by_swaps.row(std::to_string(per_commit),
                 swaps->measure((options.quick ? kCommits / 4 : kCommits) * per_commit, per_commit), kRatios);
  swaps->finish();

  const std::string bytes = std::to_string(128 * kMiB);
  Systems lines(options, "sweeps-snapshot", {bytes, bytes, "8", "1", "one"});
  Figure by_lines(options,
                  {"store_log_lines", "stores to scattered lines of 128 MiB, by where a commit finds them",
                   "dirty lines", "ns per line"},
                  lines->names());
  for (const std::uint64_t count : {16u, 256u, 4096u, 65536u, 1048576u}) {
    if (options.quick && count != 256 && count != 65536) continue;
    by_lines.row(std::to_string(count), lines->measure(std::max<std::uint64_t>(32 << 10, count), count),
                 kRatios);
  }
  lines->finish();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::store_log); }
