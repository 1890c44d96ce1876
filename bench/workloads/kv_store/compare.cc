// kv_store: YCSB on the stores of this folder and on databases, side by side. See bench/README.md.
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
#include "workloads/kv_store/ycsb.h"

namespace bench {
namespace {

constexpr const char *kOurs = "snapshot", *kCeiling = "none", *kAnnotated = "libpmemobj";
constexpr const char *kDatabases[] = {"lmdb", "sqlite", "kyotocabinet", "tkrzw", "rocksdb"};

// Times faster than libpmemobj on memory media; on the others, than each system but the ceiling.
double aim(char letter, bool memory) {
  switch (letter) {
    case 'A':
    case 'F':
      return memory ? 2.5 : 1;
    case 'G':
      return memory ? 3 : 1;
    case 'B':
    case 'D':
    case 'E':
      return 1;
    default:
      return 0;
  }
}
// How many times as fast as libpmemobj a system like Snapshot was on Optane: A to G (S. Mahar, M. Shen, T.
// Kelly, S. Swanson: Snapshot: Fast, Userspace Crash Consistency for CXL and PM Using msync, ICCD 2023).
constexpr double kPublished[] = {1.21, 1.28, 1.19, 1.86, 2.20, 1.28, 1.11};
constexpr double kReadAim = 1.03;  // times the ceiling's time, at most
// Above, Snapshot is there once: each takes the store twice, as a file in memory and as a working copy.
constexpr std::uint64_t kVariantsUpTo = 1'000'000;

struct System {
  std::string name, store;
  std::vector<std::string> environment;
};

// What one figure shows.
struct Setting {
  std::string name, title;
  std::string directory;     // where the files lie
  const char *clock;         // a word of the worker's answer
  std::uint64_t operations;  // in a round, of writes alone
  bool waits;                // for a disk: of reads, which do not, there are more
  std::vector<System> systems;

  std::uint64_t operations_of(char letter) const {
    const bool reads = letter == 'C', mostly = letter == 'B' || letter == 'D' || letter == 'E';
    return operations * (!waits ? 1 : reads ? 100 : mostly ? 10 : 1);
  }
};

class Comparison {
 public:
  Comparison(const Options &options, const Setting &setting, std::uint64_t records)
      : options_(options), setting_(setting), records_(records), scratch_(setting.directory) {
    // What D and E insert, a twentieth of their operations, and half as much again.
    const std::uint64_t room = records + setting.operations_of('D') * (options.rounds + 1) * 3 / 20 + 1000;
    for (const System &s : setting.systems) {
      if (records > kVariantsUpTo && s.store == kOurs && s.name != kOurs) continue;
      const std::string program = options.program("kv_store-" + s.store);
      if (access(program.c_str(), X_OK) != 0) {
        std::printf("  (no %s: it was not built)\n", s.name.c_str());
        continue;
      }
      systems_.push_back(s);
      workers_.push_back(std::make_unique<WorkerProcess>(
          std::vector{program, scratch_.file(s.name), std::to_string(records), std::to_string(room)},
          s.environment));
    }
  }

  void measure() {
    std::vector<std::string> names;
    for (const System &s : systems_) names.push_back(s.name);
    Figure figure(options_,
                  {setting_.name + "-" + size_name(records_),
                   setting_.title + ", " + size_name(records_) + " records", "workload", "ns per operation"},
                  names);
    for (const char *letter = Ycsb::kLetters; *letter != 0; ++letter) {
      for (const auto &worker : workers_) worker->ask(std::string("use ") + *letter);
      const Rounds times =
          interleave(workers_.size(), options_.rounds, [&](std::size_t i) { return run(i, *letter); });
      figure.row({*letter}, times, ratios(*letter));
    }
    verify();
    for (const auto &worker : workers_) worker->finish();
  }

  static std::string size_name(std::uint64_t records) {
    return records % 1'000'000 == 0 ? std::to_string(records / 1'000'000) + "M"
                                    : std::to_string(records / 1000) + "k";
  }

 private:
  double run(std::size_t i, char letter) {
    const std::uint64_t operations = setting_.operations_of(letter);
    const Reply reply = workers_[i]->ask("run " + std::to_string(operations) + " 1");
    return static_cast<double>(number(reply, setting_.clock)) / static_cast<double>(operations);
  }

  std::vector<Ratio> ratios(char letter) const {
    const bool memory = setting_.name == "kv_store-memory";
    std::vector<Ratio> all;
    for (const System &s : systems_) {
      const bool other = s.store != kOurs && s.name != kCeiling;
      if (other && (memory || aim(letter, memory) != 0))
        all.push_back({s.name, kOurs, Relation::at_least, aim(letter, memory),
                       memory && s.name == kAnnotated ? kPublished[letter - 'A'] : 0});
    }
    if (memory) all.push_back({kOurs, kCeiling, Relation::at_most, letter == 'C' ? kReadAim : 0});
    return all;
  }

  // That each did the work, and the same work.
  void verify() {
    std::string expected;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      Reply facts = workers_[i]->ask("check");
      const auto require = [&](bool truth, const char *what) {
        if (!truth) fail("kv_store: " + systems_[i].name + ": " + what);
      };
      if (expected.empty()) expected = facts["digest"];
      require(facts["digest"] == expected, "the records, or what was read, differ from another system's");
      if (systems_[i].store == kOurs) {
        require(number(facts, "managed") == 1, "the file is not managed");
        require(number(facts, "commits") == number(facts, "initial_commits") + number(facts, "writes"),
                "the number of commits is wrong");
      }
      if (systems_[i].name == kAnnotated && setting_.name == "kv_store-memory")
        require(number(facts, "is_pmem") == 1 && number(facts, "msync_calls") == 0,
                "the pool is not taken for persistent memory");
    }
  }

  const Options &options_;
  const Setting &setting_;
  std::uint64_t records_;
  ScratchDir scratch_;
  std::vector<System> systems_;
  std::vector<std::unique_ptr<WorkerProcess>> workers_;
};

void add_databases(Setting &setting) {
  for (const char *database : kDatabases) setting.systems.push_back({database, database, {}});
}

std::vector<Setting> settings(const Options &options) {
  const std::string memory = "SNAPSHOT_MEDIA=memory", page_cache = "SNAPSHOT_MEDIA=page-cache",
                    undo = "SNAPSHOT_PROTOCOL=undo";
  Setting on_memory{"kv_store-memory",
                    "YCSB on memory media (tmpfs, CPU time)",
                    "",
                    "ns",
                    100'000,
                    false,
                    {{kCeiling, "none", {}},
                     {kOurs, "snapshot", {memory}},
                     {"lazy", "snapshot", {memory, "SNAPSHOT_COPY=lazy"}}}};
  if (!options.quick) on_memory.systems.push_back({"undo", "snapshot", {memory, undo}});
  const std::string store_log = options.program("store_log.d");
  if (!options.quick && access(store_log.c_str(), R_OK) == 0)
    on_memory.systems.push_back(
        {"store log", "snapshot", {"LD_LIBRARY_PATH=" + store_log, "BENCH_FIND=log"}});
  on_memory.systems.push_back({kAnnotated, "libpmemobj", {"PMEM_IS_PMEM_FORCE=1"}});
  Setting on_tmpfs{"kv_store-tmpfs",
                   "YCSB in databases (tmpfs, CPU time)",
                   "",
                   "ns",
                   options.quick ? 4'000u : 10'000u,
                   false,
                   {{kOurs, "snapshot", {memory}}}};
  add_databases(on_tmpfs);
  const char *const disk = std::getenv("BENCH_DISK");
  Setting on_disk{
      "kv_store-disk",
      "YCSB on page-cache media (wall time)",
      disk != nullptr ? disk : options.directory,
      "wall_ns",
      commits_in(options.quick ? 10'000 : 30'000, disk != nullptr ? disk : options.directory, 16, 150),
      true,
      {{kCeiling, "none", {}},
       {kOurs, "snapshot", {page_cache}},
       {"undo", "snapshot", {page_cache, undo}},
       {"msync", "msync", {}}}};
  add_databases(on_disk);
  return {on_memory, on_tmpfs, on_disk};
}

std::vector<std::uint64_t> sizes(const Options &options) {
  if (options.quick) return {100'000};
  if (options.full) return {100'000, 1'000'000, 5'000'000};
  return {100'000, 1'000'000};
}

void kv_store(const Options &options) {
  for (const Setting &setting : settings(options))
    for (const std::uint64_t records : sizes(options))
      if (options.wants(setting.name + "-" + Comparison::size_name(records)))
        Comparison(options, setting, records).measure();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::kv_store); }
