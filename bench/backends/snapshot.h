// Snapshot: a plain mmap and msync program. Its stores are tracked by the compiler pass, its msync is
// libsnapshot's. The interface is explained in no_persistence.h.
#pragma once
#include "backends/mapped_file.h"
#include "backends/snapshot_facts.h"

namespace bench {

class Snapshot : public MappedFile {
 public:
  void facts() {
    std::printf(" plain_file=1");
    print_snapshot_facts(address_, bytes_);
  }

 protected:
  void commit() {
    if (msync(address_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }
};
using Backend = Committing<Snapshot>;

}  // namespace bench
