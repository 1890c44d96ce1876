// The asymmetric fence: the committer pays, the threads that store do not.
#pragma once
#include <sys/single_threaded.h>

#include <atomic>

#include "base/status.h"

namespace snapshot {

// Registers the process for membarrier(2) private expedited. Before the first commit, and again after fork.
// ENOSYS: the kernel has no such call (before 4.14) or a seccomp filter forbids it.
Status register_thread_fence();

// On return, every other running thread of this process has executed a full memory barrier since the call
// began (membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED; a thread that was not running had one at its
// context switch). So a store that such a thread had issued before is visible here, and a load that it issues
// later sees what this thread stored before the call. Does nothing while the process has never had a second
// thread. *called: whether the system call was made. ENOMEM: no memory for its mask of CPUs, and no fence.
Status fence_other_threads();
[[nodiscard]] inline Status thread_fence(bool *called) {
  // glibc clears this in the creating thread before the first new thread starts, so a process in which
  // another thread can have stored anything reads 0 here.
  *called = __libc_single_threaded == 0;
  if (*called) return fence_other_threads();
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return kOk;
}

// The same, always: also where the process counts as single-threaded or has not been registered. false: this
// kernel cannot.
bool fence_all_threads();

}  // namespace snapshot
