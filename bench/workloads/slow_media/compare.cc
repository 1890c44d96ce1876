// slow_media: random swaps (workloads/random_swaps) on memory media that take their time to write, for all
// systems the same (backends/slow_libpmem.cc). See bench/README.md.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/slow_medium.h"
#include "harness/stats.h"
#include "harness/worker_set.h"

namespace bench {
namespace {

constexpr std::uint64_t kSwapsPerRound = 64 << 10;

struct Medium {
  std::string figure, words;
  MediumSpeed speed;
};

std::vector<Medium> media() {
  std::vector<Medium> all = {{"slow_media_none", "no latency", {0, 0}},
                             {"slow_media_optane", "the speed of Optane", kOptane},
                             {"slow_media_cxl", "the speed of CXL memory", kCxl}};
  const char *const text = std::getenv("BENCH_MEDIUM");
  if (text == nullptr) return all;
  MediumSpeed speed{};
  if (std::sscanf(text, "%lf,%lf", &speed.line_ns, &speed.latency_ns) != 2 || speed.line_ns < 0 ||
      speed.latency_ns < 0)
    fail("BENCH_MEDIUM=" + std::string(text) + ": set it to NS_PER_LINE,NS_OF_LATENCY");
  return {{"slow_media_own", "BENCH_MEDIUM=" + std::string(text), speed}};
}

// That a system waits for its commits. (It would not, if it did not find this libpmem.)
void require_latency(const Medium &medium, const std::vector<std::string> &names, const Rounds &times,
                     unsigned per_commit) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] != "none" && summarise(times[i]).median * per_commit < 0.9 * medium.speed.latency_ns)
      fail(names[i] + ": it does not wait for the medium");
}

void compare(const Options &options, const Medium &medium) {
  ScratchDir scratch;
  WorkerSet systems(options);
  const auto add = [&](const char *name, const char *program, const std::vector<std::string> &settings) {
    std::vector<std::string> environment = {"LD_LIBRARY_PATH=" + options.program("slow_libpmem"),
                                            "PMEM_IS_PMEM_FORCE=1",
                                            "SNAPSHOT_MEDIA=memory",
                                            "SNAPSHOT_PERSIST=libpmem",
                                            "BENCH_LINE_NS=" + std::to_string(medium.speed.line_ns),
                                            "BENCH_LATENCY_NS=" + std::to_string(medium.speed.latency_ns)};
    environment.insert(environment.end(), settings.begin(), settings.end());
    systems.add(name, program, {scratch.file(name)}, environment);
  };
  add("none", "random_swaps-no_persistence", {});
  add("snapshot", "random_swaps-snapshot", {});
  add("undo", "random_swaps-snapshot", {"SNAPSHOT_PROTOCOL=undo"});
  add("libpmemobj", "random_swaps-libpmemobj", {});
  Figure figure(options,
                {medium.figure, "random 8-byte swaps in 64 MiB, " + medium.words + ", by libpmem",
                 "per commit", "ns per swap"},
                systems.names());
  for (const unsigned per_commit : {1u, 8u, 64u}) {
    if (options.quick && per_commit == 8) continue;
    const Rounds times = systems.measure(kSwapsPerRound, per_commit);
    require_latency(medium, systems.names(), times, per_commit);
    figure.row(std::to_string(per_commit), times, {{"libpmemobj", "snapshot"}, {"undo", "snapshot"}});
  }
  systems.finish();
}

void slow_media(const Options &options) {
  if (access(options.program("slow_libpmem/libpmem.so.1").c_str(), R_OK) != 0) {
    std::printf("slow_media: skipped: it needs libpmem (Debian package libpmem-dev) when it is built\n");
    return;
  }
  for (const Medium &medium : media()) compare(options, medium);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::slow_media); }
