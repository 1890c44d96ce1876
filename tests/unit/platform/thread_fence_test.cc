#include "platform/thread_fence.h"

#include <sys/single_threaded.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <thread>

#include "in_child.h"
#include "syscall_fault.h"

TEST_CASE("a process with one thread pays no system call for the fence, one with two does") {
  // In a child: other tests have started threads already, and glibc does not go back by itself.
  CHECK(test::in_child([] {
          if (!snapshot::register_thread_fence().ok()) return 1;
          __libc_single_threaded = 1;
          bool called = true;
          if (!snapshot::thread_fence(&called).ok() || called) return 2;
          std::thread([] {}).join();
          return snapshot::thread_fence(&called).ok() && called ? 0 : 3;
        }) == 0);
}

TEST_CASE("a fence that the kernel refuses is reported") {
  CHECK(test::in_child([] {
          if (!snapshot::register_thread_fence().ok()) return 1;
          std::thread([] {}).join();
          if (!test::inject_always(SYS_membarrier, test::fails_with(ENOMEM))) return 0;
          bool called;
          return snapshot::thread_fence(&called).error == ENOMEM ? 0 : 2;
        }) == 0);
}

TEST_CASE("a kernel without membarrier is reported") {
  CHECK(test::in_child([] {
          if (!test::inject_always(SYS_membarrier, test::fails_with(ENOSYS))) return 0;
          return snapshot::register_thread_fence().error == ENOSYS ? 0 : 1;
        }) == 0);
}
