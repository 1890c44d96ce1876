#include "platform/thread_fence.h"

#include <sys/single_threaded.h>

#include <atomic>

#include "base/syscall.h"

namespace snapshot {

Status register_thread_fence() {
  const long result = sys::membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  return sys::status(result);
}

Status thread_fence(bool *called) {
  // glibc clears this in the creating thread before the first new thread starts, so a process in which
  // another thread can have stored anything reads 0 here.
  if (__libc_single_threaded != 0) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    *called = false;
    return kOk;
  }
  *called = true;
  return sys::status(sys::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
}

bool fence_all_threads() {
  if (sys::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return true;
  return register_thread_fence().ok() && sys::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

}  // namespace snapshot
