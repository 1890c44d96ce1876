// Stores around everything that leaves a C++ function in another way than returning.
#include <atomic>
#include <coroutine>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "kind.h"

namespace {

uint64_t &word(byte *to, size_t i = 0) { return reinterpret_cast<uint64_t *>(to)[i]; }

struct AtEnd {
  byte *to;
  uint64_t value;
  ~AtEnd() { word(to) = value; }
};

[[gnu::noinline, noreturn]] void fail() { throw std::runtime_error("on purpose"); }
[[gnu::noinline]] void store_and_fail(byte *to, uint64_t seed) {
  word(to) = seed;
  fail();
}
KIND(exception_after_store, 8, 8) {
  try {
    store_and_fail(to, seed);
  } catch (const std::exception &) {
  }
}
KIND(exception_in_the_same_function, 400, 8) {
  try {
    word(to) = seed;
    if (opaque(1) != 0) throw 1;
    word(to, 20) = seed;
  } catch (int n) {
    word(to, 49) = seed + static_cast<uint64_t>(n);
  }
}
KIND(exception_commit_in_handler, 400, 8) {
  try {
    word(to) = seed;
    word(to, 49) = seed;
    fail();
  } catch (...) {
    checkpoint();
    word(to, 25) = seed;
  }
}
KIND(exception_unwinding, 600, 8) {
  try {
    const AtEnd outer{to, seed};
    const AtEnd inner{to + 592, seed + 1};
    word(to, 30) = seed;
    fail();
  } catch (const std::runtime_error &) {
  }
}
KIND(exception_rethrown, 600, 8) {
  try {
    try {
      word(to) = seed;
      fail();
    } catch (...) {
      word(to, 70) = seed;
      throw;
    }
  } catch (...) {
  }
}
struct PartlyBuilt {
  AtEnd first;
  uint64_t second;
  explicit PartlyBuilt(byte *elsewhere, uint64_t seed) : first{elsewhere, seed}, second(seed) { fail(); }
};
KIND_WITH(exception_in_constructor, 300, 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  try {
    new (to) PartlyBuilt(to + 292 / 8 * 8, seed);
  } catch (...) {
  }
}
KIND(exception_in_an_argument, 16, 8) {
  const auto value = [](uint64_t n) -> uint64_t {
    if (n % 2 == 0) throw n;
    return n;
  };
  word(to) = seed;
  try {
    word(to, 1) = value(seed);
  } catch (uint64_t n) {
    word(to, 1) = n + 1;
  }
}
// invoke's result is stored in the normal destination only.
[[gnu::noinline]] uint64_t may_throw(uint64_t n) {
  if (n == 5) throw 5;
  return n + 1;
}
KIND(result_of_a_call_that_may_throw, 8, 8) {
  try {
    word(to) = may_throw(seed);
  } catch (int) {
    word(to) = 0;
  }
}
KIND(destructor_at_scope_end, 8, 8) {
  const AtEnd at_end{to, seed};
  opaque(0);
}
KIND(noexcept_function, 8, 8) {
  const auto store = [](byte *p, uint64_t n) noexcept { word(p) = may_throw(n); };
  store(to, seed);
}

// A coroutine whose frame is in the file.
byte *frame;
struct Generator {
  // NOLINTBEGIN: the names are the language's
  struct promise_type {
    uint64_t value = 0;
    static void *operator new(size_t bytes) { return bytes <= 512 ? frame : ::operator new(bytes); }
    static void operator delete(void *) {}
    Generator get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(uint64_t n) noexcept {
      value = n;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  // NOLINTEND
  std::coroutine_handle<promise_type> handle;
};
[[gnu::noinline]] Generator count(uint64_t from) {
  for (uint64_t n = from;; ++n) co_yield n;
}
KIND_WITH(coroutine_frame, 512, 16, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  frame = to;
  const Generator generator = count(seed);
  checkpoint();
  generator.handle.resume();
  checkpoint();
  generator.handle.resume();
  opaque_pointer(to);
}

// std::atomic and its kind.
template <typename T>
std::atomic<T> &atomic_at(byte *to) {
  return *reinterpret_cast<std::atomic<T> *>(to);
}
KIND(std_atomic_store, 8, 8) { atomic_at<uint64_t>(to).store(seed); }
KIND(std_atomic_assign, 4, 4) { atomic_at<uint32_t>(to) = static_cast<uint32_t>(seed); }
KIND(std_atomic_increment, 4, 4) { ++atomic_at<int>(to); }
KIND(std_atomic_fetch_or_in_a_loop, 80, 8) {
  for (size_t i = 0; i < 10; ++i)
    atomic_at<uint64_t>(to + 8 * i).fetch_xor(seed | 1, std::memory_order_relaxed);
}
KIND(std_atomic_compare_exchange, 8, 8) {
  auto &atomic = atomic_at<uint64_t>(to);
  uint64_t expected = 0;
  while (!atomic.compare_exchange_weak(expected, seed)) {
  }
}
KIND(std_atomic_bool, 1, 1) { atomic_at<bool>(to).store((seed & 1) != 0); }
KIND(std_atomic_pointer, 8, 8) { atomic_at<uint64_t *>(to).store(reinterpret_cast<uint64_t *>(seed)); }
void one(byte *to, size_t) { *reinterpret_cast<double *>(to) = 1; }
KIND_WITH(std_atomic_double_add, 8, 8, one, nullptr, 0) {
  atomic_at<double>(to).fetch_add(static_cast<double>(seed));
}
KIND(std_atomic_ref, 8, 8) { std::atomic_ref<uint64_t>(word(to)).store(seed); }
KIND(std_atomic_flag, 1, 1) { (void)reinterpret_cast<std::atomic_flag *>(to)->test_and_set(); }
struct Sixteen {
  uint64_t a, b;
};
KIND_WITH(std_atomic_16_bytes, 16, 16, nullptr, nullptr, TRACKED_BY_INTERPOSER) {
  atomic_at<Sixteen>(to).store({seed, seed});
}
// Not 12 bytes: those are padded to 16, with whatever the stack holds.
struct ThreeWords {
  uint64_t a, b, c;
};
KIND_WITH(std_atomic_24_bytes, 24, alignof(std::atomic<ThreeWords>), nullptr, nullptr,
          TRACKED_BY_INTERPOSER) {
  atomic_at<ThreeWords>(to).exchange({seed, seed, 1});
}
// Stored by another thread that has ended.
KIND(by_another_thread, 16, 8) {
  std::thread([=] { word(to) = seed; }).join();
  checkpoint();
  std::thread([=] { word(to, 1) = seed; }).join();
}
thread_local uint64_t *in_thread;
KIND(through_a_thread_local_reference, 8, 8) {
  in_thread = &word(to);
  *in_thread = seed;
}

}  // namespace
