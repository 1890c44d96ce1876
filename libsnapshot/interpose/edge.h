// The edge: where a status or a kernel's return value becomes -1 and errno.
#pragma once
#include "base/status.h"
#include "base/syscall.h"

namespace snapshot {

inline long edge(long kernel_result) {
  if (SNAPSHOT_LIKELY(!sys::failed(kernel_result))) return kernel_result;
  errno = static_cast<int>(-kernel_result);
  return -1;
}

inline long edge(Status status) { return edge(static_cast<long>(-status.error)); }

}  // namespace snapshot
