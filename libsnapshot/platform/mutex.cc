// Drepper, "Futexes Are Tricky", mutex 2: the word says free, held, or held with somebody waiting.
#include "platform/mutex.h"

#include "base/syscall.h"

namespace snapshot {

namespace {
__thread char token __attribute__((tls_model("initial-exec")));
}

u64 thread_token() { return reinterpret_cast<u64>(&token); }

void Mutex::lock() {
  u32 expected = kFree;
  if (!word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire)) lock_slow();
  owner_.store(thread_token(), std::memory_order_relaxed);
}

void Mutex::lock_slow() {
  while (word_.exchange(kContended, std::memory_order_acquire) != kFree)
    // EAGAIN and EINTR both mean: look again.
    (void)sys::futex_wait(&word_, kContended);
}

void Mutex::unlock() {
  owner_.store(0, std::memory_order_relaxed);
  if (word_.exchange(kFree, std::memory_order_release) == kContended) (void)sys::futex_wake(&word_, 1);
}

}  // namespace snapshot
