// Shape::shared: cells of eight bytes, every n-th of them one thread's, so that lines have stores of all
// threads. Round k of a thread puts k into some of its cells, and commits the whole file while the others
// store.
#pragma once
#include "plan.h"
#include "random.h"

namespace soak {

// The cells that round k of this part writes, in order; some more than once.
template <typename Visit>
void for_each_cell(const Plan &plan, unsigned part, u64 k, Visit visit) {
  Random random(plan.seed, part + 400, k);
  const u64 cells = plan.file_bytes() / sizeof(u64) / plan.parts;
  for (u64 i = 1 + random.below(plan.operations_max); i > 0; --i)
    visit(random.below(cells) * plan.parts + part);
}

}  // namespace soak
