// Coroutines are split before the pass sees them: stores to the frame and through pointers are both tracked.
// RUN: %clang -std=c++20 -O0 -g -c %s -o %t.o
// RUN: %clang -std=c++20 -O2 -S %s -o - | FileCheck %s
// RUN: %clang -std=c++20 -O2 -flto -c %s -o %t.o

#include <coroutine>

struct task {
  struct promise_type {
    task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<> handle;
};
// CHECK: _Z5storePi.resume:
// CHECK: movl $7
// CHECK: __snapshot_mark
// CHECK: movl $8
// CHECK: __snapshot_mark
task store(int *p) {
  co_await std::suspend_always();
  *p = 7;
  co_await std::suspend_always();
  *p = 8;
}
