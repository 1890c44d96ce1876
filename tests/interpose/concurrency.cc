// Interposed functions in signal handlers and in several threads, while others commit.
#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

#include "managed_file.h"

using test::ManagedFile;

namespace {

char *handlers_part;
std::atomic<unsigned> handled;

void handle(int) {
  const unsigned n = handled.fetch_add(1) + 1;
  char bytes[200];
  memset(bytes, static_cast<int>(n), sizeof bytes);
  memcpy(handlers_part + n * 97 % 4000, bytes, sizeof bytes);
  strcpy(handlers_part + n * 61 % 4000, "from a handler");
}

}  // namespace

TEST_CASE("what a signal handler writes by libc functions is tracked") {
  ManagedFile file(64 << 10);
  handlers_part = file.begin() + (8 << 10);
  handled = 0;
  struct sigaction action = {}, before;
  action.sa_handler = handle;
  REQUIRE(sigaction(SIGALRM, &action, &before) == 0);
  const itimerval often = {{0, 50}, {0, 50}}, never = {};
  setitimer(ITIMER_REAL, &often, nullptr);
  for (unsigned i = 0; handled < 2000; ++i) {
    // The handler interrupts copying, marking and committing.
    memset(file.begin() + i * 311 % 60000, static_cast<int>(i), 1000);
    if (i % 16 == 0) file.commit();
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  file.commit();
  CHECK(file.on_file() == file.working());
}

TEST_CASE("what threads write by libc functions is tracked while others commit") {
  ManagedFile file(64 << 10);
  std::atomic<bool> stop = false;
  std::atomic<unsigned> rounds = 0;
  // Neighbours within lines: thread t has every fourth piece of 24 bytes.
  const auto writer = [&](unsigned t) {
    for (unsigned i = 0; !stop; ++i) {
      char *to = file.begin() + (i * 4 + t) % 2700 * 24;
      memset(to, static_cast<int>(i), 24);
      strcpy(to, "thread");
      snprintf(to + 8, 16, "%u %u", t, i);
      ++rounds;
    }
  };
  std::thread threads[] = {std::thread(writer, 0), std::thread(writer, 1), std::thread(writer, 2),
                           std::thread(writer, 3)};
  for (int commits = 0; commits < 300 || rounds < 100000; ++commits) file.commit();
  stop = true;
  for (std::thread &thread : threads) thread.join();
  file.commit();
  CHECK(file.on_file() == file.working());
}
