// exec ends the old program as a kill does: what is committed is there, the rest is not.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "life.h"

using namespace life;

ROLE(second_life) {
  const File file("data");
  char *m = file.map(2 * kPage);
  const std::string first(m, 20), second(m + kPage, 20);
  if (with_snapshot()) EXPECT_SAME(first, second);
  if (argument() == "pending") EXPECT_SAME(std::string(m, 7), with_snapshot() ? "stored!" : "pending");
  store(m, "second life");
  EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
  EXPECT(munmap(m, 2 * kPage) == 0);
  EXPECT_SAME(in_file("data", 0, 11), "second life");
}

CASE(exec_of_itself_keeps_what_is_committed) {
  const File file("data", 2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "stored!"), store(m + kPage, "stored!");
  EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
  store(m, "pending");
  become_role("second_life", "pending");
}

CASE(exec_of_itself_while_another_thread_commits) {
  const File file("data", 2 * kPage);
  static char *m = file.map(2 * kPage);
  static std::atomic<long> commits;
  std::thread([] {
    for (long i = 0;; ++i) {
      char number[32];
      snprintf(number, sizeof number, "%020ld", i);
      store(m, number), store(m + kPage, number);
      if (msync(m, 2 * kPage, MS_SYNC) != 0) abort();
      ++commits;
    }
  }).detach();
  while (commits < 50) std::this_thread::yield();
  become_role("second_life", "any");
}
