#include "plan.h"

#include <cmath>
#include <random>

namespace power {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // 1 to about 2^bits, each order of magnitude as often as the others.
  std::uint64_t spread(double bits) {
    return static_cast<std::uint64_t>(std::exp2(bits * static_cast<double>(below(1000)) / 1000));
  }
  template <typename T>
  const T &one_of(const std::vector<T> &all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// Those that fit a small disk. What grows and shrinks is where metadata has to keep up with the bytes.
const std::vector<const char *> workload_names = {"little", "many-runs", "much", "grow",
                                                  "shrink", "resize",    "close"};
const std::vector<const char *> amounts = {"none", "none", "some", "all"};

AtAction draw_action(Random &random, std::uint64_t action) {
  return {action, random.one_of(amounts), random.one_of(amounts)};
}

Cut draw_cut(Random &random) {
  Cut cut{};
  cut.at_action = random.one_in(2);
  cut.action = draw_action(random, random.spread(10));
  cut.commits = random.below(20);
  cut.nanoseconds = random.one_in(2) ? random.below(2000000) : random.spread(21);
  cut.written_back = random.one_in(2);
  cut.by_opening = random.one_in(2);
  for (std::uint64_t left = random.one_in(3) ? 1 + random.below(2) : 0; left > 0; --left)
    cut.in_recovery.push_back(draw_action(random, random.spread(cut.by_opening ? 4.5 : 3.5)));
  cut.after_recovery = random.one_in(3);
  return cut;
}

}  // namespace

const std::vector<Canary> canaries = {
    {"plain stores", {"SNAPSHOT_IGNORE=*", "POWER_WITHOUT=msync"}, {}, "none", "none", false},
    {"plain stores and msync", {"SNAPSHOT_IGNORE=*"}, {}, "some", "none", true},
    {"no sync of the log", {"POWER_WITHOUT=fdatasync"}, {}, "some", "none", true},
    {"no sync of the data", {"POWER_WITHOUT=msync", "SNAPSHOT_PROTOCOL=undo"}, {}, "none", "all", false},
    {"no sync in recovery", {}, {"POWER_WITHOUT=fsync"}, "some", "all", true},
};

std::string AtAction::words() const { return std::to_string(action) + ":" + data + ":" + log; }

std::string Cut::words() const {
  std::string all = at_action
                        ? "before action " + action.words()
                        : "after " + std::to_string(commits) + " commits and " + std::to_string(nanoseconds) +
                              " ns" + (written_back ? ", while another process writes back" : "");
  all += std::string(", by ") + protocol;
  for (const AtAction &a : in_recovery) all += ", in recovery before action " + a.words();
  all += by_opening ? std::string(", recovered by opening by ") + opened_protocol : ", recovered by name";
  return all + (after_recovery ? ", and once more after recovery" : "");
}

Series series_of(std::uint64_t seed, const std::vector<const DiskKind *> &disks, std::size_t cuts) {
  Random random(seed);
  Series series{};
  series.seed = seed;
  series.disk = disks[seed % disks.size()];
  series.workload = &crash::workload_named(random.one_of(workload_names));
  series.media = random.one_of<const char *>({"auto", "page-cache"});
  series.copy = random.one_of<const char *>({"lazy", "eager"});
  while (series.cuts.size() < cuts) series.cuts.push_back(draw_cut(random));
  for (Cut &cut : series.cuts) {
    cut.protocol = random.one_in(3) ? "undo" : "redo";
    cut.opened_protocol = random.one_in(2) ? "undo" : "redo";
  }
  return series;
}

Series series_of(const Canary &canary, std::uint64_t seed, const DiskKind &disk) {
  Random random(seed);
  Series series{};
  series.seed = seed;
  series.disk = &disk;
  // Of its few actions in a commit many are ones at which a missing sync shows: where data is journalled, a
  // sync of the log takes it along.
  series.workload = &crash::workload_named("little");
  series.media = "page-cache";
  series.copy = "lazy";
  series.subject_environment = canary.subject_environment;
  series.recovery_environment = canary.recovery_environment;
  Cut cut{};
  cut.at_action = true;
  // Plain stores have one action a commit; Snapshot some ten.
  const bool plain =
      !canary.subject_environment.empty() && canary.subject_environment[0] == "SNAPSHOT_IGNORE=*";
  cut.action = {plain ? 1 + random.below(5) : 20 + random.below(80), canary.data, canary.log};
  cut.after_recovery = true;
  series.cuts = {cut};
  return series;
}

}  // namespace power
