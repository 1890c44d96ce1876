// Calls that are left in another way than by returning, or that run the program's code in between.
#include <pthread.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "managed_file.h"

using test::Bytes, test::ManagedFile;

namespace {

Bytes descending() {
  Bytes bytes(8192);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(100 - i / 82);
  return bytes;
}

// What the comparison does when it has been called so many times.
int calls_left;
void (*then_do)();

int compare(const void *a, const void *b) {
  if (--calls_left == 0) then_do();
  return *static_cast<const char *>(a) - *static_cast<const char *>(b);
}
int compare_r(const void *a, const void *b, void *) { return compare(a, b); }

template <typename Sort>
void sort_and_do(Sort sort, int calls, void (*what)()) {
  calls_left = calls, then_do = what;
  sort();
}

jmp_buf out;
ManagedFile *committed_midway;

}  // namespace

TEST_CASE("an array that qsort's comparison leaves by an exception is tracked") {
  ManagedFile file(8192);
  file.set(descending());
  const auto leave = [] { throw 1; };
  SECTION("qsort") {
    CHECK_THROWS_AS(sort_and_do([&] { qsort(file.begin(), 8192, 1, compare); }, 50000, leave), int);
  }
  SECTION("qsort_r") {
    CHECK_THROWS_AS(sort_and_do([&] { qsort_r(file.begin(), 8192, 1, compare_r, nullptr); }, 50000, leave),
                    int);
  }
  file.commit();
  CHECK(file.on_file() == file.working());
}

TEST_CASE("an array that is committed while qsort sorts it is tracked to the end") {
  ManagedFile file(8192);
  file.set(descending());
  committed_midway = &file;
  const auto commit = [] { committed_midway->commit(); };
  SECTION("qsort") {
    sort_and_do([&] { qsort(file.begin(), 8192, 1, compare); }, 20000, commit);
  }
  SECTION("qsort_r") {
    sort_and_do([&] { qsort_r(file.begin(), 8192, 1, compare_r, nullptr); }, 20000, commit);
  }
  REQUIRE(file.on_file() != file.working());
  file.commit();
  CHECK(file.on_file() == file.working());
}

TEST_CASE("longjmp out of qsort is survived") {
  ManagedFile file(8192);
  file.set(descending());
  if (setjmp(out) == 0)
    sort_and_do([&] { qsort(file.begin(), 8192, 1, compare); }, 50000, [] { longjmp(out, 1); });
  file.commit();
  CHECK(file.on_file() == file.working());
}

// Cancellation unwinds through the library's frames: destructors in the program's must run.
TEST_CASE("a thread can be cancelled while it waits in recv into a managed file") {
  static ManagedFile file(4096);
  static int ends[2];
  static bool unwound;
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  unwound = false;
  pthread_t thread;
  REQUIRE(pthread_create(
              &thread, nullptr,
              [](void *) -> void * {
                struct Guard {
                  ~Guard() { unwound = true; }
                } guard;
                recv(ends[0], file.begin(), 100, 0);
                return nullptr;
              },
              nullptr) == 0);
  usleep(20000);
  pthread_cancel(thread);
  void *result;
  REQUIRE(pthread_join(thread, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
  CHECK(unwound);
  close(ends[0]), close(ends[1]);
}
