// What the rewritten sources of the mutation check call (README.md). One mutant, or none, is chosen for a
// process by SNAPSHOT_TEST_MUTANT; everything else is the original. With SNAPSHOT_TEST_MUTANTS_REACHED, the
// name of a file of kMutantsMax bytes, nothing is changed, and byte N becomes 1 when mutant N would have made
// a difference at its place.
//
// No part of the library: it is added to a copy of the sources.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <type_traits>

extern "C" char **environ;

namespace snapshot_mutant {

inline constexpr int kMutantsMax = 1 << 16;
inline constexpr int kNone = 1 << 30;  // no mutant's number
inline constexpr int kUnread = -1;     // the environment has not been read
inline constexpr int kRecording = -2;  // SNAPSHOT_TEST_MUTANTS_REACHED

inline int chosen = kUnread;
inline unsigned char *reached = nullptr;

// Directly: the library interposes libc's wrappers and the tests observe its own.
inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

inline const char *value_of(const char *name) {
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char *have = *entry, *want = name;
    while (*want != 0 && *have == *want) ++have, ++want;
    if (*want == 0 && *have == '=') return have + 1;
  }
  return nullptr;
}

__attribute__((noinline, cold)) inline void read_environment() {
  if (environ == nullptr) return;  // too early: the C library has not begun
  int number = 0;
  if (const char *text = value_of("SNAPSHOT_TEST_MUTANT"); text != nullptr)
    for (; *text != 0; ++text) number = number * 10 + (*text - '0');
  if (const char *path = value_of("SNAPSHOT_TEST_MUTANTS_REACHED"); path != nullptr) {
    const long fd =
        system_call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDWR | O_CLOEXEC, 0, 0, 0);
    const long map = system_call(SYS_mmap, 0, kMutantsMax, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)system_call(SYS_close, fd, 0, 0, 0, 0, 0);
    if (map > 0) {
      reached = reinterpret_cast<unsigned char *>(map);
      number = kRecording;
    }
  }
  __atomic_store_n(&chosen, number, __ATOMIC_RELEASE);
}

__attribute__((noinline, cold)) inline bool is_slowly(int number, bool differs) {
  if (__atomic_load_n(&chosen, __ATOMIC_ACQUIRE) == kUnread) read_environment();
  if (__atomic_load_n(&chosen, __ATOMIC_ACQUIRE) >= 0) return chosen == number;
  if (reached != nullptr && differs && number != kNone) reached[number] = 1;
  return false;
}

// Whether the mutant is the chosen one. differs: whether it makes a difference here and now. Compiled with
// SNAPSHOT_MUTANT=N there is that mutant and no trace of the others.
__attribute__((always_inline)) constexpr bool is(int number, bool differs = true) {
#if defined(SNAPSHOT_MUTANT)
  return !__builtin_is_constant_evaluated() && number == SNAPSHOT_MUTANT;
#else
  if (__builtin_is_constant_evaluated()) return false;
  const int now = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (__builtin_expect(now >= 0, 1)) return now == number;
  return is_slowly(number, differs);
#endif
}

// A condition, forced either way after it has been evaluated.
__attribute__((always_inline)) constexpr bool forced(int to_true, int to_false, bool value) {
  return value ? !is(to_false) : is(to_true);
}

// Comparisons that take, or leave, one more.
template <typename A, typename B>
__attribute__((always_inline)) constexpr bool less(int number, const A &a, const B &b) {
  return is(number, a == b) ? a <= b : a < b;
}
template <typename A, typename B>
__attribute__((always_inline)) constexpr bool less_or_equal(int number, const A &a, const B &b) {
  return is(number, a == b) ? a < b : a <= b;
}
template <typename A, typename B>
__attribute__((always_inline)) constexpr bool greater(int number, const A &a, const B &b) {
  return is(number, a == b) ? a >= b : a > b;
}
template <typename A, typename B>
__attribute__((always_inline)) constexpr bool greater_or_equal(int number, const A &a, const B &b) {
  return is(number, a == b) ? a > b : a >= b;
}

// A 1 that is added or taken away.
__attribute__((always_inline)) constexpr int one(int number) { return is(number) ? 0 : 1; }

// A computed bound, replaced by one of the two numbers that it is computed from.
template <typename F>
__attribute__((always_inline)) constexpr unsigned long of_two(int by_first, int by_second, F f,
                                                              unsigned long a, unsigned long b) {
  const unsigned long value = f(a, b);
  return is(by_first, value != a) ? a : is(by_second, value != b) ? b : value;
}

// A call, left out: its value is the zero of its type, success for a Status.
template <typename F>
__attribute__((always_inline)) constexpr auto call(int number, F f) -> decltype(f()) {
  if constexpr (std::is_void_v<decltype(f())>) {
    if (!is(number)) f();
  } else {
    if (is(number)) return {};
    return f();
  }
}

}  // namespace snapshot_mutant
