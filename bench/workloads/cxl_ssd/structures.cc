#include "workloads/cxl_ssd/structures.h"

#include <array>

#include "harness/disk_speed.h"
#include "harness/figure.h"
#include "harness/scratch_dir.h"
#include "harness/structures.h"
#include "workloads/btree/compare.h"
#include "workloads/cxl_ssd/devices.h"
#include "workloads/linked_list/compare.h"

namespace bench {
namespace {

struct Shape {
  const StructureWorkload &structure;
  // What is in it all the time: the file of the system with the smallest one has twice the cache's size.
  std::uint64_t values, cache_bytes;
  double published[StructureComparison::phases];  // how many times as fast as libpmemobj
};

constexpr std::uint64_t kMiB = 1 << 20;
const Shape kShapes[] = {{kLinkedList, 1 << 20, 8 * kMiB, {1.7, 171, 3.2}},
                         {kBTree, 1 << 18, 8 * kMiB, {3.4, 364, 4.1}}};
// What a round inserts, and deletes again: each may miss, or take an msync of the disk, so as many as the
// disk can sync in so much time.
constexpr double kRoundUs = 200'000, kRoundUsQuick = 50'000;
constexpr std::uint64_t kValuesMin = 32, kValuesMax = 2048;

// Ahead of both, whatever is done. (Reads are from DRAM with msync, too.)
std::vector<Ratio> ratios(const Shape &shape, int phase) {
  return {{"libpmemobj", "snapshot", Relation::at_least, 1, shape.published[phase]},
          {"msync", "snapshot", Relation::at_least, phase == StructureComparison::read ? 0.0 : 1}};
}

void compare(Options options, const Shape &shape, DeviceSpeed speed) {
  using Phase = StructureComparison;
  const ScratchDir disk(disk_directory(options));
  speed.cache_bytes = shape.cache_bytes;
  Devices devices(options, speed);
  const std::uint64_t values =
      commits_in(options.quick ? kRoundUsQuick : kRoundUs, disk_directory(options), kValuesMin, kValuesMax);
  Phase c(options, shape.structure, {shape.values, shape.values + values});
  const auto on_device = [&](const char *name, const char *backend, std::vector<std::string> environment,
                             unsigned fences = 0) {
    Device &device = devices.make(name);
    for (const std::string &entry : device->environment()) environment.push_back(entry);
    c.add(name, backend, {device.in_memory(), device.in_store(), [&device] { device->write_back(); }},
          environment, {fences});
  };
  on_device("none", "no_persistence", {});
  on_device("snapshot", "snapshot", {"SNAPSHOT_MEDIA=memory"}, 1);
  on_device("libpmemobj", "libpmemobj", {"PMEM_IS_PMEM_FORCE=1"});
  c.add("msync", "msync", {disk.file("file")}, {}, {});

  const StructureWorkload &s = shape.structure;
  Figure figure(options, {"cxl_ssd_" + s.name, s.title + " on a CXL SSD", "phase", "wall ns per value"},
                c.names());
  using Pages = std::array<Devices::Pages, Phase::phases>;
  Pages misses, accesses;
  Pages *counted = &misses;
  c.finished = [&](const std::string &system, Phase::Phase phase) {
    (*counted)[phase][system] += devices.missed(system);
  };
  const std::vector<Rounds> times = c.measure(values, 1, "wall_ns");
  const std::string phases[] = {s.insert, s.read, s.erase};
  for (const int phase : {Phase::insert, Phase::read, Phase::erase})
    figure.row(phases[phase], times[static_cast<std::size_t>(phase)], ratios(shape, phase));
  const auto rounds = static_cast<double>(options.rounds + 1);
  options.rounds = 0;  // one, which is not timed
  counted = &accesses;
  devices.count_accesses();
  (void)c.measure(values, 1, "wall_ns");
  for (const int phase : {Phase::insert, Phase::read, Phase::erase}) {
    const auto of = static_cast<double>(phase == Phase::read ? shape.values + values : values);
    const auto at = static_cast<std::size_t>(phase);
    devices.print_rates(phases[phase], misses[at], of * rounds, accesses[at], of);
  }
  c.verify(values);
}

}  // namespace

void compare_structures_on_device(const Options &options, DeviceSpeed speed) {
  for (const Shape &shape : kShapes) compare(options, shape, speed);
}

}  // namespace bench
