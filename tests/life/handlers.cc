// Signal handlers that store: at any moment, during a commit, on a stack of their own, and by jumping out.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "life.h"

using namespace life;

namespace {

char *mapping;
std::atomic<long> handled;

void count_in_file(int) {
  char number[24];
  long n = ++handled;
  for (int i = 19; i >= 0; --i, n /= 10) number[i] = static_cast<char>('0' + n % 10);
  for (std::size_t i = 0; i < 20; ++i) mapping[2 * kPage + i] = number[i];
}

void use_own_stack() {
  static char stack[64 << 10];
  const stack_t own = {stack, 0, sizeof stack};
  EXPECT(sigaltstack(&own, nullptr) == 0);
}

void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  EXPECT(sigaction(signal, &action, nullptr) == 0);
}

}  // namespace

CASE(a_handler_stores_while_the_program_stores_and_commits) {
  kill_after([] {
    const File file("data", 4 * kPage);
    mapping = file.map(4 * kPage);
    use_own_stack();
    handle(SIGUSR1, count_in_file, SA_ONSTACK | SA_RESTART);
    const pthread_t main_thread = pthread_self();
    std::atomic<bool> stop{false};
    // One signal after the other: the next when the last has been handled.
    std::thread sender([&] {
      while (!stop) {
        const long before = handled;
        pthread_kill(main_thread, SIGUSR1);
        while (handled == before && !stop) std::this_thread::yield();
      }
    });
    for (long i = 0; handled < 2000 || i < 300; ++i) {
      char number[32];
      snprintf(number, sizeof number, "%020ld", i);
      store(mapping, number), store(mapping + kPage, number);
      EXPECT(msync(mapping, 4 * kPage, MS_SYNC) == 0);
      EXPECT_SAME(in_file("data", 0, 20), std::string(number));
      EXPECT_SAME(in_file("data", kPage, 20), std::string(number));
    }
    stop = true;
    sender.join();
    EXPECT(msync(mapping, 4 * kPage, MS_SYNC) == 0);
    EXPECT(in_file("data", 0, 4 * kPage) == std::string(mapping, 4 * kPage));
    store(mapping, "pending");
  });
  const std::string first = recovered("data", 0, 20);
  if (with_snapshot()) EXPECT_SAME(in_file("data", kPage, 20), first);
}

namespace {

sigjmp_buf back;
void store_and_jump(int) {
  store(mapping + 100, "jumped");
  siglongjmp(back, 1);
}

char *faulted;
void allow_writing(int) {
  faulted = mapping;
  EXPECT(mprotect(mapping, kPage, PROT_READ | PROT_WRITE) == 0);
}

}  // namespace

CASE(a_handler_stores_and_jumps_out) {
  kill_after([] {
    const File file("data", kPage);
    mapping = file.map(kPage);
    handle(SIGUSR1, store_and_jump, SA_NODEFER);
    for (int i = 0; i < 100; ++i) {
      const std::string number = std::to_string(1000 + i);
      if (sigsetjmp(back, 1) == 0) {
        store(mapping, number);
        raise(SIGUSR1);
        fail(__FILE__, __LINE__, "the handler has returned");
      }
      EXPECT(msync(mapping, kPage, MS_SYNC) == 0);
      EXPECT_SAME(in_file("data", 0, 4), number);
      EXPECT_SAME(in_file("data", 100, 6), "jumped");
      store(mapping + 100, "------");
    }
  });
  EXPECT_SAME(recovered("data", 0, 4), "1099");
  EXPECT_SAME(in_file("data", 100, 6), with_snapshot() ? "jumped" : "------");
}

// How a program finds out itself what it has changed.
CASE(a_handler_lifts_the_write_protection_that_a_store_has_met) {
  kill_after([] {
    const File file("data", 2 * kPage);
    mapping = file.map(2 * kPage);
    handle(SIGSEGV, allow_writing, 0);
    for (int i = 0; i < 20; ++i) {
      EXPECT(mprotect(mapping, kPage, PROT_READ) == 0);
      faulted = nullptr;
      store(mapping, std::to_string(100 + i));
      EXPECT(faulted == mapping);
      EXPECT(msync(mapping, 2 * kPage, MS_SYNC) == 0);
      EXPECT_SAME(in_file("data", 0, 3), std::to_string(100 + i));
    }
    store(mapping, "no");
  });
  EXPECT_SAME(recovered("data", 0, 3), with_snapshot() ? "119" : "no9");
}
