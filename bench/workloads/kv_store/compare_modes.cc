// kv_store_modes: YCSB without commits, on a file that Snapshot does not manage, built plainly and by snapc++
// with more and more of the instrumentation: what tracking costs a store that is not tracked. See
// bench/README.md.
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "harness/worker_set.h"
#include "workloads/kv_store/ycsb.h"

namespace bench {
namespace {

constexpr std::uint64_t kRecords = 100'000, kOperations = 500'000;

// What D and E insert, a twentieth of their operations, and half as much again.
std::uint64_t room_for(const Options &options, std::uint64_t operations) {
  return kRecords + operations * (options.rounds + 1) * 3 / 20 + 1000;
}

void kv_store_modes(const Options &options) {
  const std::uint64_t operations = options.quick ? kOperations / 5 : kOperations;
  const std::string records = std::to_string(kRecords), room = std::to_string(room_for(options, operations));
  const ScratchDir scratch;
  WorkerSet set(options);
  for (const std::string mode : {"plain", "off", "call", "check", "full"})
    set.add(mode, "kv_store-mode-" + mode, {scratch.file(mode), records, room}, {"SNAPSHOT_IGNORE=*"});
  const std::vector<Ratio> ratios = {{"check", "plain"}, {"full", "plain"}};
  Figure figure(options,
                {"kv_store_modes", "YCSB without commits, by how much of the instrumentation is there",
                 "workload", "ns per operation"},
                set.names());
  std::vector<Rounds> all;
  for (const char *letter = Ycsb::kLetters; *letter != 0; ++letter) {
    set.use(*letter);
    all.push_back(set.measure(operations, 0));
    figure.row({*letter}, all.back(), ratios);
  }
  set.finish();
  Figure mean(options,
              {"kv_store_modes_mean", "all of them", "", "geometric means of the times, plain's being 1"},
              set.names());
  mean.row("all", means_of_programs(all), ratios);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::kv_store_modes); }
