// Memory for containers: an allocator that hands out what a kind may write to.
#pragma once
#include <cstddef>

#include "kind.h"

namespace {

// The rest of what the kind may write, handed out once.
struct Arena {
  byte *next;
};
template <typename T>
struct FileAllocator {
  using value_type = T;
  Arena *arena;
  explicit FileAllocator(Arena *a) : arena(a) {}
  template <typename U>
  FileAllocator(const FileAllocator<U> &other) : arena(other.arena) {}  // NOLINT: implicit, as allocators are
  T *allocate(size_t n) {
    byte *result = arena->next;
    arena->next += (n * sizeof(T) + 15) / 16 * 16;
    return reinterpret_cast<T *>(result);
  }
  void deallocate(T *, size_t) {}
  bool operator==(const FileAllocator &other) const { return arena == other.arena; }
};

}  // namespace

#define IN_FILE(NAME, BYTES) \
  KIND_WITH(NAME, BYTES, 16, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS | TRACKED_BY_INTERPOSER)
// The container itself is in the first 128 bytes, what it allocates behind.
#define ARENA(TO) Arena arena{(TO) + 128}
