#include "platform/thread_fence.h"

#include "base/syscall.h"

namespace snapshot {

Status register_thread_fence() {
  const long result = sys::membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  return sys::status(result);
}

Status fence_other_threads() { return sys::status(sys::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)); }

bool fence_all_threads() {
  if (sys::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return true;
  return register_thread_fence().ok() && sys::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

}  // namespace snapshot
