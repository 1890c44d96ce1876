// Functions of libc's that fill in what the program points to, one line each:
//
//   SNAPSHOT_WRITER(int, uname, (utsname *to), (to), object(to))
//
// defines uname for the program: it calls the uname behind it and then marks what the last arguments name,
// from the function's parameters and its `result`, in the words below. That is done after errors as well:
// something may have been written by then, and marking what was not costs a copy. So nothing behind the
// pointers is looked at but where success says that it is there.
//
// The definition has a name of its own and the function's as its symbol, so that no declaration in the
// system's headers has to be repeated with all its attributes. Not noexcept, whatever the function:
// exceptions and cancellation unwind through.
//
// scripts/libc-writers reads these lines: each begins with the macro's name, its type and its function.
#pragma once
#include "interpose/memory.h"
#include "interpose/written.h"

#define SNAPSHOT_WRITER(Result, name, parameters, arguments, ...)                                     \
  extern "C" __attribute__((visibility("default"))) Result snapshot_##name parameters __asm__(#name); \
  Result snapshot_##name parameters {                                                                 \
    const auto result = ::snapshot::real<Result(*) parameters, #name>() arguments;                    \
    static_cast<void>(__VA_ARGS__);                                                                   \
    return result;                                                                                    \
  }                                                                                                   \
  static_assert(true)

// For functions without a result.
#define SNAPSHOT_VOID_WRITER(name, parameters, arguments, ...)                                      \
  extern "C" __attribute__((visibility("default"))) void snapshot_##name parameters __asm__(#name); \
  void snapshot_##name parameters {                                                                 \
    ::snapshot::real<void(*) parameters, #name>() arguments;                                        \
    static_cast<void>(__VA_ARGS__);                                                                 \
  }                                                                                                 \
  static_assert(true)

// For functions that are called all the time: five instructions when the object in `destination` (a register)
// is not managed (stub.h). They write to that one object only, and are found before anything calls them.
#define SNAPSHOT_HOT_WRITER(Result, name, parameters, arguments, destination, ...)                           \
  static Result slow_##name parameters {                                                                     \
    const auto result = ::snapshot::real<Result(*) parameters, #name>() arguments;                           \
    static_cast<void>(__VA_ARGS__);                                                                          \
    return result;                                                                                           \
  }                                                                                                          \
  extern "C" __attribute__((visibility("default"), naked)) Result snapshot_##name parameters __asm__(#name); \
  Result snapshot_##name parameters { SNAPSHOT_STUB_BODY(#name, destination, slow_##name); }                 \
  static_assert(true)

namespace snapshot {

// One object, or none: the pointer may be null.
template <typename T>
inline void object(const volatile T *pointer) {
  written(pointer, sizeof(T));
}

template <typename... T>
inline void objects(const volatile T *...pointers) {
  (object(pointers), ...);
}

// An array of so many, as far as the program's word for it goes.
template <typename T>
inline void items(const T *first, u64 count) {
  written(first, claimed(count, sizeof(T)));
}
inline void bytes(const void *buffer, u64 count) { written(buffer, claimed(count, 1)); }

// Text that ends with a zero. Only after success: it is looked at.
template <typename Char>
inline void text(const Char *begin) {
  if (SNAPSHOT_UNLIKELY(in_working_range(begin))) written(begin, (length(begin) + 1) * sizeof(Char));
}

}  // namespace snapshot
