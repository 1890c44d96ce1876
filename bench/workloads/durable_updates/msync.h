// The kernel's msync, with 4 KiB pages. No atomicity.
#pragma once
#include "workloads/durable_updates/array.h"

namespace bench {

class Store : public MappedArray {
 public:
  using MappedArray::MappedArray;
  void facts() const {}
};

}  // namespace bench
