// slow_media: random swaps (workloads/random_swaps) on memory media that take their time to write, for all
// systems the same (backends/slow_libpmem.cc). See bench/README.md.
#include <unistd.h>

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
void require_latency(MediumSpeed speed, const std::vector<std::string> &names, const Rounds &times,
                     unsigned per_commit) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] != "none" && summarise(times[i]).median * per_commit < 0.9 * speed.latency_ns)
      fail(names[i] + ": it does not wait for the medium");
}

// The systems on one medium.
class Systems {
 public:
  Systems(const Options &options, MediumSpeed speed) : options_(options), speed_(speed), set_(options) {
    add("none", "random_swaps-no_persistence", {});
    add("snapshot", "random_swaps-snapshot", {});
    add("undo", "random_swaps-snapshot", {"SNAPSHOT_PROTOCOL=undo"});
    add("libpmemobj", "random_swaps-libpmemobj", {});
  }
  WorkerSet *operator->() { return &set_; }

  Rounds measure(unsigned per_commit) {
    const Rounds times = set_.measure(kSwapsPerRound, per_commit);
    require_latency(speed_, set_.names(), times, per_commit);
    return times;
  }

 private:
  void add(const char *name, const char *program, const std::vector<std::string> &settings) {
    std::vector<std::string> environment = {"LD_LIBRARY_PATH=" + options_.program("slow_libpmem"),
                                            "PMEM_IS_PMEM_FORCE=1",
                                            "SNAPSHOT_MEDIA=memory",
                                            "SNAPSHOT_PERSIST=libpmem",
                                            "BENCH_LINE_NS=" + std::to_string(speed_.line_ns),
                                            "BENCH_LATENCY_NS=" + std::to_string(speed_.latency_ns)};
    environment.insert(environment.end(), settings.begin(), settings.end());
    set_.add(name, program, {scratch_.file(name)}, environment);
  }

  const Options &options_;
  MediumSpeed speed_;
  ScratchDir scratch_;
  WorkerSet set_;
};

const std::vector<Ratio> kRatios = {{"libpmemobj", "snapshot"}, {"undo", "snapshot"}};

void compare(const Options &options, const Medium &medium) {
  Systems systems(options, medium.speed);
  Figure figure(options,
                {medium.figure, "random 8-byte swaps in 64 MiB, " + medium.words + ", by libpmem",
                 "per commit", "ns per swap"},
                systems->names());
  for (const unsigned per_commit : {1u, 8u, 64u}) {
    if (options.quick && per_commit == 8) continue;
    figure.row(std::to_string(per_commit), systems.measure(per_commit), kRatios);
  }
  systems->finish();
}

// What the speeds above leave open.
void vary_latency(const Options &options) {
  Figure figure(options,
                {"slow_media_latency", "a random 8-byte swap in 64 MiB and a commit, by the medium's latency",
                 "ns until a line is durable", "ns per swap"},
                {"none", "snapshot", "undo", "libpmemobj"});
  for (const unsigned latency_ns : {25u, 50u, 100u, 200u, 400u, 800u}) {
    Systems systems(options, {kCxl.line_ns, static_cast<double>(latency_ns)});
    if (systems->names().size() != 4) return;
    figure.row(std::to_string(latency_ns), systems.measure(1), kRatios);
    systems->finish();
  }
}

void slow_media(const Options &options) {
  if (access(options.program("slow_libpmem/libpmem.so.1").c_str(), R_OK) != 0)
    skip("it needs libpmem (Debian package libpmem-dev) when it is built");
  for (const Medium &medium : media()) compare(options, medium);
  if (!options.quick) vary_latency(options);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::slow_media); }
