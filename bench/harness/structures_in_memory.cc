// On tmpfs, which stands for memory media; CPU time. The kernel's msync is there for what a call costs: on
// tmpfs it makes nothing durable, and has nothing to do.
#include <cstdio>

#include "harness/scratch_dir.h"
#include "harness/structures.h"

namespace bench {
namespace {

constexpr std::uint64_t kValues = 1'000'000, kValuesQuick = 128'000;  // multiples of the following
constexpr std::uint64_t kMore = 64;                                   // per commit, after one per commit

}  // namespace

void compare_structure_in_memory(const Options &options, const StructureWorkload &workload,
                                 const std::vector<std::pair<StructureComparison::Phase, Ratio>> &aims) {
  const ScratchDir scratch;
  const std::uint64_t values = options.quick ? kValuesQuick : kValues;
  StructureComparison c(options, workload, {0, values});
  const auto add = [&](const char *name, const char *backend, std::vector<std::string> environment,
                       unsigned fences = 0) {
    c.add(name, backend, {scratch.file(name)}, std::move(environment), {fences});
  };
  const std::string memory = "SNAPSHOT_MEDIA=memory";
  add("none", "no_persistence", {});
  add("snapshot", "snapshot", {memory}, 1);
  if (!options.quick) {
    add("undo", "snapshot", {memory, "SNAPSHOT_PROTOCOL=undo"}, 2);
    add("lazy", "snapshot", {memory, "SNAPSHOT_COPY=lazy"}, 1);
    add("msync call", "msync", {});
  }
  add("libpmemobj", "libpmemobj", {"PMEM_IS_PMEM_FORCE=1"});

  Figure figure(options, {workload.name, workload.title + " on tmpfs, memory media", "phase", "ns per value"},
                c.names());
  const std::string phases[] = {workload.insert, workload.read, workload.erase};
  const std::vector<Rounds> one = c.measure(values, 1, "ns");
  for (const int phase :
       {StructureComparison::insert, StructureComparison::read, StructureComparison::erase}) {
    std::vector<Ratio> ratios;
    for (const auto &[of, ratio] : aims)
      if (of == phase) ratios.push_back(ratio);
    figure.row(phases[phase], one[static_cast<std::size_t>(phase)], ratios);
  }
  const std::vector<Rounds> more = c.measure(values, kMore, "ns");
  for (const int phase : {StructureComparison::insert, StructureComparison::erase})
    figure.row(phases[phase] + " x" + std::to_string(kMore), more[static_cast<std::size_t>(phase)],
               {{"libpmemobj", "snapshot"}});
  c.verify(values);
}

}  // namespace bench
