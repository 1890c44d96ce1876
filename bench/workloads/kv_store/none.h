// The store that nobody asks to be kept: the ceiling.
#pragma once
#include "workloads/kv_store/boost_store.h"

namespace bench {

class Store : public BoostStore {
 public:
  Store(const char *path, std::size_t records, std::size_t room) : BoostStore(path, records, room) {
    load(*this, records);
  }
  void commit(unsigned, std::size_t) {}
  void facts() const {}
};

}  // namespace bench
