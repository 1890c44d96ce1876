// Snapshot: a plain mmap and msync program. Its stores are tracked by the compiler pass, its msync is
// libsnapshot's. The interface is explained in no_persistence.h.
#pragma once
#include "backends/mapped_file.h"
#include "snapshot/snapshot.h"

namespace bench {

class Backend : public MappedFile {
 public:
  template <typename Body>
  void initialise(Body body) {
    body();
    commit();
  }
  template <typename Body>
  void transaction(Body body) {
    body();
    commit();
  }
  void facts() {
    snapshot_statistics s{};
    if (snapshot_get_statistics(&s, sizeof s) != 0) worker_fails("snapshot_get_statistics");
    std::printf(" plain_file=1 managed=%d commits=%llu lines=%llu fences=%llu",
                snapshot_is_managed(address_, bytes_), static_cast<unsigned long long>(s.commits),
                static_cast<unsigned long long>(s.lines_committed),
                static_cast<unsigned long long>(s.fences));
  }

 private:
  void commit() {
    if (msync(address_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }
};

}  // namespace bench
