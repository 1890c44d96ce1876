// A mutex on a futex. Not pthread_mutex_t: it must work before libc is ready, survive fork by
// re-initialisation, and tell a thread that it already holds the lock (a signal handler that interrupted a
// commit).
#pragma once
#include <sys/single_threaded.h>

#include <atomic>

#include "base/layout.h"

#if defined(__clang__)
#define SNAPSHOT_CAPABILITY(x) __attribute__((capability(x)))
#define SNAPSHOT_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define SNAPSHOT_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define SNAPSHOT_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define SNAPSHOT_TRY_ACQUIRE(...) __attribute__((try_acquire_capability(__VA_ARGS__)))
#define SNAPSHOT_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define SNAPSHOT_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS __attribute__((no_thread_safety_analysis))
#endif

namespace snapshot {

extern __thread u32 thread_token_or_0 __attribute__((tls_model("initial-exec"), visibility("hidden")));
SNAPSHOT_SLOW_PATH u32 make_thread_token();

// A number that no two live threads share: the kernel's thread id. Never 0, and below 2^30 (FUTEX_TID_MASK).
inline u32 thread_token() {
  const u32 token = thread_token_or_0;
  return SNAPSHOT_LIKELY(token != 0) ? token : make_thread_token();
}

class SNAPSHOT_CAPABILITY("mutex") Mutex {
 public:
  constexpr Mutex() = default;
  void lock() SNAPSHOT_ACQUIRE() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    if (try_lock_alone()) return;
    u32 expected = kFree;
    const u32 me = thread_token();
    if (!owner_.compare_exchange_strong(expected, me, std::memory_order_acquire)) lock_slow(me);
  }
  // Takes it if it is free and this thread is alone: nobody can come between question and store but a
  // handler, which leaves the lock as it found it. See thread_fence() for when glibc says so.
  bool try_lock_alone() SNAPSHOT_TRY_ACQUIRE(true) {
    if (__libc_single_threaded == 0 || owner_.load(std::memory_order_relaxed) != kFree) return false;
    owner_.store(thread_token(), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return true;
  }
  void unlock() SNAPSHOT_RELEASE() {
    owner_.store(kFree, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (SNAPSHOT_UNLIKELY(waiters_.load(std::memory_order_relaxed) != 0)) wake_one();
  }
  // Exact in handlers, too, wherever they interrupt lock() and unlock().
  bool held_by_this_thread() const {
    const u32 owner = owner_.load(std::memory_order_relaxed);
    return owner != kFree && owner == thread_token();
  }
  // In a forked child, whose other threads are gone: whoever held it will never release it.
  void reset_after_fork() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS;

 private:
  static constexpr u32 kFree = 0;
  SNAPSHOT_SLOW_PATH void lock_slow(u32 me);
  SNAPSHOT_SLOW_PATH void wake_one();
  std::atomic<u32> owner_{kFree};  // the owner's token
  std::atomic<u32> waiters_{0};    // threads inside lock_slow
};

class SNAPSHOT_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex &mutex) SNAPSHOT_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() SNAPSHOT_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock &) = delete;
  MutexLock &operator=(const MutexLock &) = delete;

 private:
  Mutex &mutex_;
};

}  // namespace snapshot
