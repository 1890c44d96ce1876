#include "plan.h"

#include "random.h"

namespace soak {
namespace {

// Small programs make many commits; large ones make long ones, which are more likely to be hit while they
// copy, and for which the log has no room at first.
u64 random_size(Random &random) {
  const u64 pages[] = {1, 2, 4, 8, 16, 40, 100, 200};
  return page_bytes * pages[random.below(std::size(pages))];
}

// Large ones are rare, since one round of theirs takes as long as thousands of the others'.
const crash::Workload *random_workload(Random &random) {
  const char *names[] = {"little", "grow",  "grow",      "shrink", "shrink",
                         "resize", "close", "many-runs", "much"};
  if (random.one_in(64)) return &crash::workload_named("very-much");
  return &crash::workload_named(names[random.below(std::size(names))]);
}

u32 random_structure(Random &random, Tracking tracking) {
  if (random.one_in(3)) return bulk;
  // The containers' own code stores to them, which only the pass sees.
  return static_cast<u32>(
      random.below(tracking == Tracking::instrumented ? structure_kinds : structure_kinds - 1));
}

void choose_structures(Plan &plan, Random &random) {
  plan.structure_count = 1 + static_cast<unsigned>(random.below(structures_max));
  for (auto &part : plan.structures)
    for (u32 &structure : part) structure = random_structure(random, plan.tracking);
}

Place random_place(Random &random) {
  const u64 n = random.below(20);
  return n < 11 ? Place::memory : n < 18 ? Place::page_cache : Place::disk;
}

}  // namespace

Plan plan_of(u64 seed, bool unmanaged) {
  Random random(seed);
  Plan plan{};
  plan.seed = seed;
  plan.tracking = random.one_in(2) ? Tracking::interposed : Tracking::instrumented;
  plan.place = random_place(random);
  plan.copy = random.one_in(2) ? Copy::eager : Copy::lazy;
  const Shape shapes[] = {Shape::single,   Shape::single, Shape::single, Shape::own_part,
                          Shape::own_file, Shape::group,  Shape::shared};
  plan.shape = shapes[random.below(std::size(shapes))];
  plan.parts = plan.shape == Shape::single ? 1 : 2 + static_cast<unsigned>(random.below(parts_max - 1));
  plan.part_bytes = random_size(random);
  plan.operations_max = u64{1} << random.below(8);
  plan.rollback_every = plan.shape < Shape::group && random.one_in(3) ? 1 + random.below(8) : 0;
  choose_structures(plan, random);
  if (plan.shape == Shape::single && random.one_in(2)) {
    plan.workload = random_workload(random);
    plan.workload_begin = random.below(1000);
    plan.part_bytes = page_bytes + plan.workload->first_size;
  }
  if (!unmanaged) return plan;
  plan.tracking = Tracking::unmanaged;
  plan.rollback_every = 0;
  if (plan.shape == Shape::shared) plan.shape = Shape::own_part;  // which shows mixtures
  for (auto &part : plan.structures)
    for (u32 &structure : part)
      if (structure == containers) structure = array;
  return plan;
}

std::string Plan::describe() const {
  std::string text = std::string(tracking_names[static_cast<u32>(tracking)]) + ", " +
                     place_names[static_cast<u32>(place)] + ", " + copy_names[static_cast<u32>(copy)] +
                     " copy, " + shape_names[static_cast<u32>(shape)] + ", " + std::to_string(parts) +
                     " of " + std::to_string(part_bytes) + " bytes";
  if (workload != nullptr) text += std::string(", workload ") + workload->name;
  if (rollback_every != 0) text += ", with rollbacks";
  return text;
}

}  // namespace soak
