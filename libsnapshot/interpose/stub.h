// What a hot function costs when its destination is not managed: five instructions, no frame, no register but
// r11.
//
//     movabs $-WORKING_BASE, %r11        distance of the destination from the working range
//     add    DESTINATION, %r11
//     cmp    guarded_bytes(%rip), %r11
//     jb     SLOW                        managed, or not yet resolved: an ordinary C++ function
//     jmp    *REAL(%rip)                 libc's function, with the caller's frame, registers and stack
//
// guarded_bytes is the size of the working range once every real function is known. Until then it is 2^64 -
// 1, so that every call goes to SLOW, which must work without REAL: other libraries' constructors and IFUNC
// resolvers run before ours, even before our relocations are done, when any pointer here would be unusable.
// (For that reason it is this value, and not a table of pointers to fallbacks, that is initialised
// statically.)
//
// In assembler, because the compiler makes six instructions of it, none of them at -O0, and cannot forward
// `...`.
#pragma once
#include <type_traits>

#include "base/bytes.h"
#include "interpose/real.h"

namespace snapshot {

extern __attribute__((visibility("hidden"))) u64 guarded_bytes;

// Defines function `name` of type `Result signature` for the program. The argument in `destination` (a
// register's name) is the one that is written through. `next` names the real function, usually the same as
// `name`. The last argument is the slow path, of the same type, for managed destinations and before functions
// are resolved.
// clang-format off
#define SNAPSHOT_STUB_BODY(next, destination, ...)                                                     \
    __asm__("movabsq %[minus_base], %%r11\n\t"                                                         \
            "addq %%" destination ", %%r11\n\t"                                                        \
            "cmpq %[guarded], %%r11\n\t"                                                               \
            "jb %P[slow_path]\n\t"                                                                     \
            "jmpq *%[real]"                                                                            \
            :                                                                                          \
            : [minus_base] "i"(-::snapshot::kWorkingBase), [guarded] "m"(::snapshot::guarded_bytes),   \
              [slow_path] "i"(__VA_ARGS__), [real] "m"(::snapshot::real_function<next>.address))

#define SNAPSHOT_STUB_TO(next, Result, name, signature, destination, ...)                              \
  static_assert(std::is_same_v<Result signature, decltype(__VA_ARGS__)>, "stub and slow path differ"); \
  SNAPSHOT_EXPORT __attribute__((naked)) Result name signature {                                       \
    SNAPSHOT_STUB_BODY(next, destination, __VA_ARGS__);                                                \
  }                                                                                                    \
  static_assert(true)
// clang-format on

#define SNAPSHOT_STUB(Result, name, signature, destination, ...) \
  SNAPSHOT_STUB_TO(#name, Result, name, signature, destination, __VA_ARGS__)

// The real function if it has been looked up, else the fallback: for slow paths that must never look anything
// up.
template <FunctionName kName, typename Function>
inline Function *real_or(Function &fallback) {
  void *address = __atomic_load_n(&real_function<kName>.address, __ATOMIC_RELAXED);
  return SNAPSHOT_LIKELY(address != nullptr) ? reinterpret_cast<Function *>(address) : &fallback;
}

// The real function of the same type as `self`, for names that no header declares; looked up at its first
// call.
template <FunctionName kName, typename Function>
inline Function *real_like(Function &) {
  return real<Function *, kName>();
}

}  // namespace snapshot
