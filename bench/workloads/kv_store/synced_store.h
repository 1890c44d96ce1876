// The store, and msync of the whole file: the kernel's, or whoever stands in front of it. Not its flush(),
// which asks for MS_ASYNC.
#pragma once
#include <sys/mman.h>

#include "harness/worker.h"
#include "workloads/kv_store/boost_store.h"

namespace bench {

class SyncedStore : public BoostStore {
 public:
  SyncedStore(const char *path, std::size_t records, std::size_t room) : BoostStore(path, records, room) {
    load(*this, records);
  }
  void commit(unsigned, std::size_t) {
    if (msync(mapping(), mapping_bytes(), MS_SYNC) != 0) worker_fails("msync");
  }
};

}  // namespace bench
