// The list and the tree of linked_list and btree on the emulated CXL SSD.
#pragma once
#include "harness/options.h"
#include "workloads/cxl_ssd/devices.h"

namespace bench {

// The cache's size is this workload's own.
void compare_structures_on_device(const Options &options, DeviceSpeed speed);

}  // namespace bench
