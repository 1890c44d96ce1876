// A mutex on a futex. Not pthread_mutex_t: it must work before libc is ready, survive fork by re-initialisation,
// and tell a thread that it already holds the lock (a signal handler that interrupted a commit).
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

// A number that no two live threads share; never 0.
u64 thread_token();

class SNAPSHOT_CAPABILITY("mutex") Mutex {
 public:
  constexpr Mutex() = default;
  void lock() SNAPSHOT_ACQUIRE();
  void unlock() SNAPSHOT_RELEASE();
  bool held_by_this_thread() const { return owner_.load(std::memory_order_relaxed) == thread_token(); }
  // In a forked child, whose other threads are gone: whoever held it will never release it.
  void reset_after_fork() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    word_.store(kFree, std::memory_order_relaxed);
    owner_.store(0, std::memory_order_relaxed);
  }

 private:
  enum : u32 { kFree, kHeld, kContended };
  SNAPSHOT_SLOW_PATH void lock_slow();
  std::atomic<u32> word_{kFree};
  std::atomic<u64> owner_{0};
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
