// Stores to managed files as instrumented code makes them (include/snapshot/abi.h), for tests that the pass
// does not compile: the store, then the mark; for atomics the announcement, the atomic, the mark.
#pragma once
#include <cstdint>
#include <cstring>

#include "snapshot/abi.h"

namespace test {

// Relaxed, so that ThreadSanitizer accepts stores of several threads to one place; on x86-64 an ordinary mov.
template <typename T>
inline void plain_store(T *at, T value) {
  __atomic_store_n(at, value, __ATOMIC_RELAXED);
}

// An ordinary store.
template <typename T>
inline void store(T *at, T value) {
  plain_store(at, value);
  __snapshot_mark(at, sizeof value);
}

inline void store_bytes(void *at, const void *from, std::size_t bytes) {
  auto *to = static_cast<unsigned char *>(at);
  auto *source = static_cast<const unsigned char *>(from);
  for (std::size_t i = 0; i < bytes; ++i) plain_store(to + i, source[i]);
  __snapshot_mark(at, bytes);
}

inline void fill(void *at, unsigned char value, std::size_t bytes) {
  auto *to = static_cast<unsigned char *>(at);
  for (std::size_t i = 0; i < bytes; ++i) plain_store(to + i, value);
  __snapshot_mark(at, bytes);
}

template <typename T>
inline void store_release(T *at, T value) {
  __snapshot_announce(at, sizeof value);
  __atomic_store_n(at, value, __ATOMIC_RELEASE);
  __snapshot_mark_announced(at, sizeof value);
}

template <typename T>
inline T fetch_add(T *at, T value) {
  __snapshot_announce(at, sizeof value);
  const T old = __atomic_fetch_add(at, value, __ATOMIC_ACQ_REL);
  __snapshot_mark_announced(at, sizeof value);
  return old;
}

}  // namespace test
