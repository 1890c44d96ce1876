// The kernel's msync. No atomicity.
#pragma once
#include "workloads/kv_store/synced_store.h"

namespace bench {

class Store : public SyncedStore {
 public:
  using SyncedStore::SyncedStore;
  void facts() const {}
};

}  // namespace bench
