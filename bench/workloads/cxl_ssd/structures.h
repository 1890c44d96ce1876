// The list and the tree of linked_list and btree on the emulated CXL SSD.
#pragma once
#include "harness/options.h"

namespace bench {

void compare_structures_on_device(const Options &options, double extra_ns);

}  // namespace bench
