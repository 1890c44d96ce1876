// The functions that the library stands in front of: how the next definition (libc's, as a rule) is reached.
//
//   SNAPSHOT_EXPORT long f(int x) noexcept { return SNAPSHOT_REAL(f)(x); }
//
// defines f for the program and calls the f behind it. noexcept exactly where the system's header has it.
//
// resolve_real_functions() looks all of them up, once, in the constructor. Before that, SNAPSHOT_REAL looks
// up one at its first call. A look-up is lock-free and can be repeated; it uses dlsym, so it is not
// async-signal-safe; a function looked up already is one load, safe anywhere.
#pragma once
#include "base/layout.h"

// Defines a function for the program. Unversioned: see snapshot.map.
#define SNAPSHOT_EXPORT extern "C" __attribute__((visibility("default")))

// The next definition of a function that a header declares, with its type; nullptr if no library has one.
#define SNAPSHOT_REAL(name) (::snapshot::real<decltype(&::name), #name>())

namespace snapshot {

// One for each name used with SNAPSHOT_REAL. The linker collects them in one section.
struct RealFunction {
  const char *name;
  void *address;  // nullptr: not looked up, or nowhere found
  bool absent;
};

template <u64 kSize>
struct FunctionName {
  char text[kSize];
  consteval FunctionName(const char (&s)[kSize]) {
    for (u64 i = 0; i < kSize; ++i) text[i] = s[i];
  }
};

template <FunctionName kName>
__attribute__((section("snapshot_real"), used)) inline constinit RealFunction real_function{kName.text,
                                                                                            nullptr, false};

// Looks up every name. The constructor calls it; a second call does nothing.
void resolve_real_functions();

SNAPSHOT_SLOW_PATH void *resolve_real_function(RealFunction &function);

template <typename Function, FunctionName kName>
inline Function real() {
  RealFunction &function = real_function<kName>;
  void *address = __atomic_load_n(&function.address, __ATOMIC_RELAXED);
  if (SNAPSHOT_UNLIKELY(address == nullptr)) address = resolve_real_function(function);
  return reinterpret_cast<Function>(address);
}

}  // namespace snapshot
