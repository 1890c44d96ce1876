// One round of a part: from state k - 1 to state k. Compiled into the programs and, with the model's writer,
// into the soak itself.
#pragma once
#include "containers.h"
#include "workload.h"

namespace soak {

// The existing workloads, behind the part's header.
template <typename W>
class WorkloadTarget : public crash::Target {
 public:
  explicit WorkloadTarget(Part &part) : part_(part) {}
  u64 size() const override { return part_.size - page_bytes; }
  void resize(u64 size) override { W::resize(part_, page_bytes + size); }
  void store(u64 offset, const void *bytes, u64 count) override {
    W::copy(part_.begin + page_bytes + offset, bytes, count);
  }

 private:
  Part &part_;
};

template <typename W>
void change_structure(u32 kind, const Part &part, Stretch s, Random &random, u64 operations) {
  switch (kind) {
    case array:
      return change_array<W>(s, random, operations);
    case list:
      return change_list<W>(s, random, operations);
    case table:
      return change_table<W>(s, random, operations);
    case append_log:
      return change_append_log<W>(s, random, operations);
    case counters:
      return change_counters<W>(s, random, operations);
    case blocks:
      return change_blocks<W>(part, s, random, operations);
    case bulk:
      return change_bulk<W>(s, random);
    case text:
      return change_text<W>(s, random, operations);
    case containers:
      if constexpr (W::has_own_stores) return change_containers(s, random, operations);
  }
}

template <typename W>
void change_body(const Plan &plan, unsigned number, Part &part, u64 k) {
  if (plan.workload != nullptr) {
    WorkloadTarget<W> target(part);
    return plan.workload->change(target, plan.workload_begin + k);
  }
  Random random(plan.seed, number + 1, k);
  const u64 bytes = (part.size - sizeof(PartHeader)) / plan.structure_count / 8 * 8;
  for (unsigned i = 0; i < plan.structure_count; ++i) {
    const Stretch s = {part.begin + sizeof(PartHeader) + i * bytes, bytes};
    const u64 operations = random.below(plan.operations_max + 1);
    change_structure<W>(plan.structures[number][i], part, s, random, operations);
  }
}

template <typename W>
void put_header(const Plan &plan, unsigned number, const Part &part, u64 k) {
  PartHeader *header = part.header();
  if (k == 1) {
    const PartHeader made = {part_magic, plan.seed, number, 0, reinterpret_cast<u64>(part.begin), {}};
    W::copy(header, &made, sizeof made);
  }
  W::put(&header->round, k);
}

// The header's number comes first in some rounds and last in others.
template <typename W>
void do_round(const Plan &plan, unsigned number, Part &part, u64 k) {
  if (k % 2 == 0) put_header<W>(plan, number, part, k);
  change_body<W>(plan, number, part, k);
  if (k % 2 == 1) put_header<W>(plan, number, part, k);
}

// Changes that are going to be rolled back: those of a round far away, the size included.
inline constexpr u64 far_away = u64{1} << 40;
inline bool rolls_back(const Plan &plan, unsigned number, u64 k) {
  return plan.rollback_every != 0 && Random(plan.seed, number + 100, k).one_in(plan.rollback_every);
}

}  // namespace soak
