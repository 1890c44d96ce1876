#include "track/thread.h"

#include <pthread.h>

namespace snapshot {

__thread Thread *current_thread;

constinit std::atomic<Thread *> all_threads{nullptr};

namespace {

constinit pthread_key_t exit_key;
constinit std::atomic<u32> exit_key_state{0};  // 0: not made, 1: being made, 2: ready, 3: cannot be had

void release_at_exit(void *object) {
  // A destructor of the program that runs after this one and stores gets an object again, and with it another
  // call.
  current_thread = nullptr;
  static_cast<Thread *>(object)->owned.store(0, std::memory_order_release);
}

// pthread_setspecific with a key below 32 writes to the thread's own descriptor and allocates nothing (glibc,
// nptl/pthread_setspecific.c); with a later key it may allocate, at worst once per thread. Without a key
// objects of exited threads are not reused, which costs memory only.
void arrange_release(Thread *thread) {
  u32 state = 0;
  if (exit_key_state.compare_exchange_strong(state, 1, std::memory_order_acq_rel)) {
    state = pthread_key_create(&exit_key, release_at_exit) == 0 ? 2 : 3;
    exit_key_state.store(state, std::memory_order_release);
  }
  if (state == 2) (void)pthread_setspecific(exit_key, thread);
}

Thread *adopt() {
  for (Thread *t = all_threads.load(std::memory_order_acquire); t != nullptr; t = t->next) {
    u32 free = 0;
    if (t->owned.load(std::memory_order_relaxed) == 0 &&
        t->owned.compare_exchange_strong(free, 1, std::memory_order_acquire)) {
      for (auto &a : t->announced) a.store(0, std::memory_order_relaxed);
      return t;
    }
  }
  return nullptr;
}

void *map_zeroed(u64 bytes) {
  const long page =
      sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return sys::failed(page) ? nullptr : reinterpret_cast<void *>(page);
}

SNAPSHOT_SLOW_PATH Thread *enter() {
  Thread *t = adopt();
  if (t == nullptr) {
    t = static_cast<Thread *>(map_zeroed(sizeof(Thread)));
    if (t == nullptr) return nullptr;
    t->owned.store(1, std::memory_order_relaxed);
    t->next = all_threads.load(std::memory_order_relaxed);
    while (!all_threads.compare_exchange_weak(t->next, t, std::memory_order_release,
                                              std::memory_order_relaxed)) {
    }
  }
  current_thread = t;
  arrange_release(t);
  return t;
}

}  // namespace

Thread *this_thread() {
  Thread *t = current_thread;
  return SNAPSHOT_LIKELY(t != nullptr) ? t : enter();
}

FileLists *lists_for(Thread *thread, Slot slot) {
  FileLists *lists = thread->lists[slot].load(std::memory_order_relaxed);
  if (SNAPSHOT_LIKELY(lists != nullptr)) return lists;
  lists = static_cast<FileLists *>(map_zeroed(sizeof(FileLists)));
  if (lists == nullptr) return nullptr;
  if (!lists->level[0].prepare()) {
    (void)sys::munmap(reinterpret_cast<u64>(lists), sizeof(FileLists));
    return nullptr;
  }
  // A handler may have been here between the load and now. Keep what it made: it has entries.
  FileLists *others = nullptr;
  if (thread->lists[slot].compare_exchange_strong(others, lists, std::memory_order_release)) return lists;
  lists->level[0].release();
  (void)sys::munmap(reinterpret_cast<u64>(lists), sizeof(FileLists));
  return others;
}

void reset_threads_after_fork() {
  for (Thread *t = first_thread(); t != nullptr; t = t->next) {
    if (t == current_thread) continue;
    for (auto &a : t->announced) a.store(0, std::memory_order_relaxed);
    t->owned.store(0, std::memory_order_relaxed);
  }
}

}  // namespace snapshot
