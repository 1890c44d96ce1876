// Snapshot: the same store, and msync of the whole file. Not its flush(), which asks for MS_ASYNC.
#pragma once
#include <sys/mman.h>

#include "harness/worker.h"
#include "snapshot/snapshot.h"
#include "workloads/kv_store/boost_store.h"

namespace bench {

class Store : public BoostStore {
 public:
  Store(const char *path, std::size_t records, std::size_t room) : BoostStore(path, records, room) {
    load(*this, records);
  }
  void commit(unsigned, std::size_t) {
    if (msync(mapping(), mapping_bytes(), MS_SYNC) != 0) worker_fails("msync");
  }
  void facts() const {
    snapshot_statistics s{};
    if (snapshot_get_statistics(&s, sizeof s) != 0) worker_fails("snapshot_get_statistics");
    std::printf(" managed=%d commits=%llu lines=%llu", snapshot_is_managed(mapping(), mapping_bytes()),
                static_cast<unsigned long long>(s.commits),
                static_cast<unsigned long long>(s.lines_committed));
  }
};

}  // namespace bench
