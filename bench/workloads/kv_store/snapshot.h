// Snapshot: the same program, and libsnapshot's msync.
#pragma once
#include "backends/snapshot_facts.h"
#include "workloads/kv_store/synced_store.h"

namespace bench {

class Store : public SyncedStore {
 public:
  using SyncedStore::SyncedStore;
  void facts() const { print_snapshot_facts(mapping(), mapping_bytes()); }
};

}  // namespace bench
