// Stores to managed files as instrumented code makes them (include/snapshot/abi.h), for tests that the pass
// does not compile: the store, then the mark; for atomics the announcement, the atomic, the mark.
//
// Where page tracking is to find them (SNAPSHOT_TRACK=pages) they are the stores of code that marks nothing;
// with both, so are those to every other line.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "snapshot/abi.h"

namespace test {

enum class Marking { all, half, none };
inline const Marking marking = [] {
  const char *track = std::getenv("SNAPSHOT_TRACK");
  if (track == nullptr || std::strcmp(track, "stores") == 0) return Marking::all;
  return std::strcmp(track, "both") == 0 ? Marking::half : Marking::none;
}();

inline bool marks(const volatile void *at) {
  return marking == Marking::all ||
         (marking == Marking::half && reinterpret_cast<std::uintptr_t>(at) / 64 % 2 == 0);
}
inline void mark(const volatile void *at, std::size_t bytes) {
  if (marks(at)) __snapshot_mark(at, bytes);
}

// Relaxed, so that ThreadSanitizer accepts stores of several threads to one place; on x86-64 an ordinary mov.
template <typename T>
inline void plain_store(T *at, T value) {
  __atomic_store_n(at, value, __ATOMIC_RELAXED);
}

// An ordinary store.
template <typename T>
inline void store(T *at, T value) {
  plain_store(at, value);
  mark(at, sizeof value);
}

inline void store_bytes(void *at, const void *from, std::size_t bytes) {
  auto *to = static_cast<unsigned char *>(at);
  auto *source = static_cast<const unsigned char *>(from);
  for (std::size_t i = 0; i < bytes; ++i) plain_store(to + i, source[i]);
  mark(at, bytes);
}

inline void fill(void *at, unsigned char value, std::size_t bytes) {
  auto *to = static_cast<unsigned char *>(at);
  for (std::size_t i = 0; i < bytes; ++i) plain_store(to + i, value);
  mark(at, bytes);
}

template <typename T>
inline void store_release(T *at, T value) {
  if (marks(at)) __snapshot_announce(at, sizeof value);
  __atomic_store_n(at, value, __ATOMIC_RELEASE);
  if (marks(at)) __snapshot_mark_announced(at, sizeof value);
}

template <typename T>
inline T fetch_add(T *at, T value) {
  if (marks(at)) __snapshot_announce(at, sizeof value);
  const T old = __atomic_fetch_add(at, value, __ATOMIC_ACQ_REL);
  if (marks(at)) __snapshot_mark_announced(at, sizeof value);
  return old;
}

}  // namespace test
