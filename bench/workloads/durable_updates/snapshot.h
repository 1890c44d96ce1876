// Snapshot: plain stores and msync of the whole array.
#pragma once
#include "backends/snapshot_facts.h"
#include "workloads/durable_updates/array.h"

namespace bench {

class Store : public MappedArray {
 public:
  using MappedArray::MappedArray;
  void facts() const { print_snapshot_facts(array_, bytes_); }
};

}  // namespace bench
