// Taking the lock and becoming known as its owner is one instruction, and so is the way back: between two, a
// signal handler would wait for the thread it interrupted.
//
// Neither way has a locked instruction in it where that can be helped. A commit ends with non-temporal
// stores, and a locked instruction after them would wait until they have left the CPU: about 100 ns, a third
// of a small commit, in which the program could go on. So unlocking is a plain store, and whoever has to wait
// pays for the order that this leaves open (Dice, Huang, Yang, "Asymmetric Dekker Synchronization", 2001):
//
//     unlock:  owner := free          |   wait:  waiters += 1
//              waiters != 0? wake     |          fence in all threads (membarrier)
//                                     |          owner = free? take it; else sleep while owner is unchanged
//
// If unlock's question comes before the fence, its store is visible after it, and the waiter does not sleep;
// if it comes after the fence, it sees the waiter. The compiler keeps the two in order, the CPU need not.
#include "platform/mutex.h"

#include <time.h>

#include "base/syscall.h"
#include "platform/thread_fence.h"

namespace snapshot {

namespace {
// For a kernel without the fence: a wake-up that was missed costs this much.
constexpr struct timespec kWaitMax = {0, 1'000'000};
// A small commit is over in a fraction of a microsecond, and what waiting costs, the fence, sleeping and
// being woken, takes many: so much of it is spent on looking first. As many looks as glibc's adaptive mutexes
// make.
constexpr unsigned kLooks = 100;
}  // namespace

__thread u32 thread_token_or_0;

u32 make_thread_token() { return thread_token_or_0 = static_cast<u32>(sys::call(SYS_gettid)); }

void Mutex::lock_slow(u32 me) {
  for (unsigned looks = 0; looks < kLooks; ++looks) {
    __builtin_ia32_pause();
    u32 expected = kFree;
    if (owner_.load(std::memory_order_relaxed) == kFree &&
        owner_.compare_exchange_strong(expected, me, std::memory_order_acquire))
      return;
  }
  waiters_.fetch_add(1, std::memory_order_seq_cst);
  const struct timespec *const wait_max = fence_all_threads() ? nullptr : &kWaitMax;
  for (;;) {
    u32 seen = kFree;
    if (owner_.compare_exchange_strong(seen, me, std::memory_order_acquire)) break;
    // EAGAIN, EINTR and ETIMEDOUT all mean: look again.
    (void)sys::futex_wait(&owner_, seen, wait_max);
  }
  waiters_.fetch_sub(1, std::memory_order_relaxed);
}

void Mutex::wake_one() { (void)sys::futex_wake(&owner_, 1); }

void Mutex::reset_after_fork() {
  thread_token_or_0 = 0;  // this thread has another number here than in the parent
  owner_.store(kFree, std::memory_order_relaxed);
  waiters_.store(0, std::memory_order_relaxed);
}

}  // namespace snapshot
