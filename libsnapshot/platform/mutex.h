// A mutex on a futex. Not pthread_mutex_t: it must work before libc is ready, survive fork by
// re-initialisation, and tell a thread that it already holds the lock (a signal handler that interrupted a
// commit).
#pragma once
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

// A number that no two live threads share: the kernel's thread id. Never 0, and below 2^30 (FUTEX_TID_MASK).
u32 thread_token();

class SNAPSHOT_CAPABILITY("mutex") Mutex {
 public:
  constexpr Mutex() = default;
  void lock() SNAPSHOT_ACQUIRE();
  void unlock() SNAPSHOT_RELEASE();
  // Exact in handlers, too, wherever they interrupt lock() and unlock().
  bool held_by_this_thread() const {
    return (word_.load(std::memory_order_relaxed) & ~kContended) == thread_token();
  }
  // In a forked child, whose other threads are gone: whoever held it will never release it.
  void reset_after_fork() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS;

 private:
  static constexpr u32 kFree = 0, kContended = u32{1} << 31;
  SNAPSHOT_SLOW_PATH void lock_slow(u32 me);
  std::atomic<u32> word_{kFree};  // the owner's token, with kContended if somebody may be waiting
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
