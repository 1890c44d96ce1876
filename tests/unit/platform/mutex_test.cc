#include "platform/mutex.h"

#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

#include "base/syscall.h"
#include "in_child.h"

using snapshot::Mutex;
using snapshot::MutexLock;

TEST_CASE("a mutex lets one thread in at a time") {
  Mutex mutex;
  long counter = 0;  // not atomic: lost updates, or ThreadSanitizer, would tell
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50000; ++i) {
        MutexLock lock(mutex);
        ++counter;
      }
    });
  for (std::thread &t : threads) t.join();
  CHECK(counter == 200000);
}

TEST_CASE("a mutex knows whether this thread holds it") {
  Mutex mutex;
  CHECK_FALSE(mutex.held_by_this_thread());
  {
    MutexLock lock(mutex);
    CHECK(mutex.held_by_this_thread());
    bool other = true;
    std::thread([&] { other = mutex.held_by_this_thread(); }).join();
    CHECK_FALSE(other);
  }
  CHECK_FALSE(mutex.held_by_this_thread());
}

TEST_CASE("a waiting thread is woken when the mutex becomes free") {
  Mutex mutex;
  std::atomic<bool> entered = false;
  std::thread waiter;
  {
    MutexLock lock(mutex);
    waiter = std::thread([&] {
      MutexLock inner(mutex);
      entered = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK_FALSE(entered);
  }
  waiter.join();
  CHECK(entered);
}

// Unlocking does not wait for its own store to become visible, so a thread that goes to sleep at that instant
// must not count on being seen. Each round ends with nobody left who could wake it by chance.
TEST_CASE("an unlock and a thread that begins to wait do not miss each other") {
  Mutex mutex;
  constexpr int rounds = 30000;
  std::atomic<int> arrived = 0, inside = 0;
  const auto work = [&] {
    for (int round = 1; round <= rounds; ++round) {
      ++arrived;
      while (arrived < 2 * round) snapshot::sys::call(SYS_sched_yield);
      for (int i = 0; i < 3; ++i) {
        MutexLock lock(mutex);
        inside.store(inside.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(inside == 2 * 3 * rounds);
}

TEST_CASE("after fork a mutex that another thread held can be used again") {
  Mutex mutex;
  std::atomic<int> stage = 0;
  std::thread holder([&] {
    MutexLock lock(mutex);
    stage = 1;
    while (stage != 2) std::this_thread::yield();
  });
  while (stage != 1) std::this_thread::yield();
  const int status = test::in_child([&] {
    mutex.reset_after_fork();
    MutexLock lock(mutex);
    return mutex.held_by_this_thread() ? 0 : 1;
  });
  stage = 2;
  holder.join();
  CHECK(status == 0);
}

TEST_CASE("live threads have different tokens, and none is zero") {
  std::set<snapshot::u64> tokens = {snapshot::thread_token(), 0};
  std::atomic<bool> done = false;
  Mutex mutex;
  std::vector<std::thread> threads;
  std::atomic<int> added = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      {
        MutexLock lock(mutex);
        tokens.insert(snapshot::thread_token());
      }
      ++added;
      while (!done) std::this_thread::yield();
    });
  while (added != 4) std::this_thread::yield();
  done = true;
  for (std::thread &t : threads) t.join();
  CHECK(tokens.size() == 6);
}
