// What libsnapshot says of a mapping and of the process's commits.
#pragma once
#include <cstdint>

#include "harness/worker.h"
#include "snapshot/snapshot.h"

namespace bench {

inline void print_snapshot_facts(const void *address, std::size_t bytes) {
  snapshot_statistics s{};
  if (snapshot_get_statistics(&s, sizeof s) != 0) worker_fails("snapshot_get_statistics");
  std::printf(" managed=%d commits=%llu lines=%llu fences=%llu", snapshot_is_managed(address, bytes),
              static_cast<unsigned long long>(s.commits), static_cast<unsigned long long>(s.lines_committed),
              static_cast<unsigned long long>(s.fences));
}

}  // namespace bench
