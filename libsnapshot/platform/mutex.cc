// Drepper, "Futexes Are Tricky", mutex 2, with the owner in the word: taking the lock and becoming known as
// its owner is one instruction, and so is the way back. Between two, a signal handler would wait for the
// thread it interrupted.
#include "platform/mutex.h"

#include "base/syscall.h"

namespace snapshot {

namespace {
__thread u32 token __attribute__((tls_model("initial-exec")));
}

u32 thread_token() {
  if (SNAPSHOT_UNLIKELY(token == 0)) token = static_cast<u32>(sys::call(SYS_gettid));
  return token;
}

void Mutex::lock() {
  u32 expected = kFree;
  const u32 me = thread_token();
  if (!word_.compare_exchange_strong(expected, me, std::memory_order_acquire)) lock_slow(me);
}

void Mutex::lock_slow(u32 me) {
  for (u32 seen = word_.load(std::memory_order_relaxed);;) {
    if (seen == kFree) {
      // There may be others who wait: whoever has waited wakes the next one.
      if (word_.compare_exchange_weak(seen, me | kContended, std::memory_order_acquire)) return;
    } else if ((seen & kContended) != 0 ||
               word_.compare_exchange_weak(seen, seen | kContended, std::memory_order_relaxed)) {
      // EAGAIN and EINTR both mean: look again.
      (void)sys::futex_wait(&word_, seen | kContended);
      seen = word_.load(std::memory_order_relaxed);
    }
  }
}

void Mutex::unlock() {
  if ((word_.exchange(kFree, std::memory_order_release) & kContended) != 0) (void)sys::futex_wake(&word_, 1);
}

void Mutex::reset_after_fork() {
  token = 0;  // this thread has another number here than in the parent
  word_.store(kFree, std::memory_order_relaxed);
}

}  // namespace snapshot
