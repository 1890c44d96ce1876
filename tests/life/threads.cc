// Threads that end: what they stored is the program's, and the next commit by whoever has it.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "life.h"

using namespace life;

namespace {

char *mapping;
pthread_key_t late_key;

// Runs again and again until libc gives up, so also after every other destructor, the library's included.
int late_runs;
void store_late(void *at) {
  store(static_cast<char *>(at) + 64 * late_runs, "late");
  if (++late_runs < 4) pthread_setspecific(late_key, at);
}

struct StoresAtThreadEnd {
  char *to = nullptr;
  ~StoresAtThreadEnd() {
    if (to != nullptr) store(to, "at end");
  }
};
thread_local StoresAtThreadEnd at_thread_end;

}  // namespace

CASE(threads_that_return_exit_or_are_cancelled_leave_their_stores) {
  kill_after([] {
    const File file("data", 8 * kPage);
    mapping = file.map(8 * kPage);
    std::thread([] { store(mapping, "returned"); }).join();

    pthread_t id;
    const auto join = [&] { EXPECT(pthread_join(id, nullptr) == 0); };
    EXPECT(pthread_create(
               &id, nullptr,
               [](void *) -> void * {
                 store(mapping + kPage, "exited");
                 pthread_exit(nullptr);
               },
               nullptr) == 0);
    join();

    static std::atomic<bool> stored;
    EXPECT(pthread_create(
               &id, nullptr,
               [](void *) -> void * {
                 store(mapping + 2 * kPage, "cancelled");
                 stored = true;
                 for (;;) pause();
               },
               nullptr) == 0);
    while (!stored) std::this_thread::yield();
    EXPECT(pthread_cancel(id) == 0);
    join();

    EXPECT(pthread_key_create(&late_key, store_late) == 0);
    EXPECT(pthread_create(
               &id, nullptr,
               [](void *) -> void * {
                 store(mapping + 3 * kPage + 1000, "early");
                 pthread_setspecific(late_key, mapping + 3 * kPage);
                 return nullptr;
               },
               nullptr) == 0);
    join();
    EXPECT(late_runs == 4);

    std::thread([] {
      at_thread_end.to = mapping + 4 * kPage;
      store(mapping + 4 * kPage + 64, "before");
    }).join();

    EXPECT(msync(mapping, 8 * kPage, MS_SYNC) == 0);
    store(mapping, "overwritten");
  });
  EXPECT_SAME(recovered("data", 0, 8), with_snapshot() ? "returned" : "overwrit");
  EXPECT_SAME(in_file("data", kPage, 6), "exited");
  EXPECT_SAME(in_file("data", 2 * kPage, 9), "cancelled");
  for (std::size_t i = 0; i < 4; ++i) EXPECT_SAME(in_file("data", 3 * kPage + 64 * i, 4), "late");
  EXPECT_SAME(in_file("data", 3 * kPage + 1000, 5), "early");
  EXPECT_SAME(in_file("data", 4 * kPage, 6), "at end");
  EXPECT_SAME(in_file("data", 4 * kPage + 64, 6), "before");
}

CASE(threads_one_after_the_other_and_many_at_once) {
  kill_after([] {
    const File file("data", 64 * kPage);
    mapping = file.map(64 * kPage);
    const auto mark = [](int i) { store(mapping + 100 * static_cast<std::size_t>(i), "t"); };
    for (int i = 0; i < 1000; ++i) std::thread(mark, i).join();
    std::vector<std::thread> threads;
    for (int i = 1000; i < 1200; ++i) threads.emplace_back(mark, i);
    for (std::thread &t : threads) t.join();
    EXPECT(msync(mapping, 64 * kPage, MS_SYNC) == 0);
  });
  const std::string all = recovered("data", 0, 64 * kPage);
  for (std::size_t i = 0; i < 1200; ++i) EXPECT_SAME(all.substr(100 * i, 1), "t");
}

CASE(threads_outlive_the_main_thread) {
  kill_after([] {
    static Signal done;
    const File file("data", kPage);
    mapping = file.map(kPage);
    store(mapping, "by main");
    const pid_t child = fork();
    if (child == 0) {
      // In a process of its own, because libc ends this one when its last thread has returned.
      const File own("own", kPage);
      static char *m = own.map(kPage);
      store(m, "by main");
      static const pthread_t main_thread = pthread_self();
      pthread_t other;
      EXPECT(pthread_create(
                 &other, nullptr,
                 [](void *) -> void * {
                   EXPECT(pthread_join(main_thread, nullptr) == 0);
                   store(m + 64, "by the other");
                   EXPECT(msync(m, kPage, MS_SYNC) == 0);
                   EXPECT_SAME(in_file("own", 0, 7), "by main");
                   store(m, "no more");
                   done.send();
                   for (;;) pause();
                 },
                 nullptr) == 0);
      pthread_exit(nullptr);
    }
    done.wait();
    EXPECT(kill(child, SIGKILL) == 0);
    EXPECT_SAME(status_of(child), 128 + SIGKILL);
    EXPECT(msync(mapping, kPage, MS_SYNC) == 0);
  });
  EXPECT_SAME(recovered("data", 0, 7), "by main");
  EXPECT_SAME(recovered("own", 0, 7), with_snapshot() ? "by main" : "no more");
  EXPECT_SAME(in_file("own", 64, 12), "by the other");
}
