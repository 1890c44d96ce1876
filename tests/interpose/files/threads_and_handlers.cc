// The calls in threads and in signal handlers.
#include <sys/time.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "files.h"
#include "in_child.h"

using namespace test;

TEST_CASE("threads map, commit, resize and unmap different files at the same time") {
  std::atomic<int> failures{0};
  const auto work = [&](int id) {
    for (int round = 0; round < 10; ++round) {
      const DataFile file(directory() / ("thread" + std::to_string(id) + "-" + std::to_string(round)),
                          O_RDWR | O_CREAT | O_CLOEXEC);
      if (ftruncate(file.fd, kPage) != 0) ++failures;
      char *m = file.map(4 * kPage);
      const std::string text = "thread " + std::to_string(id);
      store(m, text);
      if (msync(m, kPage, MS_SYNC) != 0 || file.real_bytes(0, text.size()) != text) ++failures;
      if (ftruncate(file.fd, 3 * kPage) != 0) ++failures;
      store(m + 2 * kPage, text);
      if (munmap(m, 4 * kPage) != 0 || file.real_bytes(2 * kPage, text.size()) != text) ++failures;
      if (has_log(file.path)) ++failures;
      unlink(file.path.c_str());
    }
  };
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) threads.emplace_back(work, id);
  for (std::thread &thread : threads) thread.join();
  CHECK(failures == 0);
}

TEST_CASE("threads map and unmap the same file while others commit it") {
  const DataFile file(8 * kPage);
  char *kept = file.map(8 * kPage);
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::thread mapper([&] {
    while (!stop) {
      char *m = file.map(2 * kPage, 2 * kPage);
      store(m + 100, 'm');
      if (m != kept + 2 * kPage || munmap(m, 2 * kPage) != 0) ++failures;
    }
  });
  std::thread writer([&] {
    for (int i = 0; !stop; ++i)
      if (pwrite(file.fd, "w", 1, i % 1000) != 1) ++failures;
  });
  for (int i = 0; i < 200; ++i) {
    store(kept + 7 * kPage, std::to_string(i) + ".");
    if (msync(kept, 8 * kPage, MS_SYNC) != 0) ++failures;
    if (file.real_bytes(7 * kPage, std::to_string(i).size()) != std::to_string(i)) ++failures;
  }
  stop = true;
  mapper.join();
  writer.join();
  CHECK(failures == 0);
  REQUIRE(munmap(kept, 8 * kPage) == 0);
}

TEST_CASE("what an ended thread stored is committed by another") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  for (int i = 0; i < 20; ++i) std::thread([&] { store(m + i * 70, 'a'); }).join();
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  for (std::size_t i = 0; i < 20; ++i) CHECK(file.real_bytes(i * 70, 1) == "a");
  REQUIRE(munmap(m, kPage) == 0);
}

namespace {
char *handlers_mapping;
int handlers_fd;
std::atomic<int> handler_runs, handler_commits, handler_refusals, handler_failures;

void store_and_sync(int) {
  const int saved = errno;
  ++handler_runs;
  store(handlers_mapping + 64 * (handler_runs % 60), static_cast<char>('a' + handler_runs % 26));
  const int result = handler_runs % 2 == 0 ? msync(handlers_mapping, kPage, MS_SYNC) : fsync(handlers_fd);
  if (result == 0)
    ++handler_commits;
  else if (errno == EDEADLK)
    ++handler_refusals;  // it interrupted a commit of this file
  else
    ++handler_failures;
  errno = saved;
}
}  // namespace

TEST_CASE("a signal handler may store, and may commit unless it interrupted a commit of that file") {
  const DataFile file(2 * kPage);
  char *m = file.map(2 * kPage);
  handlers_mapping = m;
  handlers_fd = file.fd;
  struct sigaction action = {}, old = {};
  action.sa_handler = store_and_sync;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGALRM, &action, &old) == 0);
  const itimerval often = {{0, 300}, {0, 300}}, never = {};
  REQUIRE(setitimer(ITIMER_REAL, &often, nullptr) == 0);
  // Until enough handlers have run, however slow the machine is.
  int round = 0;
  while (handler_runs < 200) {
    const std::string text = std::to_string(++round) + ".";
    store(m + kPage, text);
    if (msync(m, 2 * kPage, MS_SYNC) != 0) ++handler_failures;
    if (file.real_bytes(kPage, text.size()) != text) ++handler_failures;
    if (round % 50 == 0) {
      // The same bytes once more; what is unmapped is exactly this second mapping.
      char *n = file.map(2 * kPage);
      if (n != m || munmap(n, 2 * kPage) != 0) ++handler_failures;
    }
  }
  REQUIRE(setitimer(ITIMER_REAL, &never, nullptr) == 0);
  REQUIRE(sigaction(SIGALRM, &old, nullptr) == 0);
  CHECK(handler_failures == 0);
  CHECK(handler_commits > 0);
  REQUIRE(munmap(m, 2 * kPage) == 0);
  CHECK(file.real_bytes(0, kPage) == file.seen_bytes(0, kPage));
}
