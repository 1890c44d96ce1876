// Standard containers in a part, through an allocator whose memory, free blocks included, is the part's
// stretch. The stores are made by the templates of libstdc++, compiled like the program itself.
#pragma once
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "structures.h"

namespace soak {

// Blocks of powers of two, from a stretch whose first bytes this is.
struct Arena {
  static constexpr unsigned classes = 40;
  u64 fresh;  // bytes used from the start of the stretch
  u64 end;
  char *free[classes];

  static unsigned class_of(u64 bytes) {
    unsigned c = 5;
    while ((u64{1} << c) < bytes) ++c;
    return c;
  }
  void *allocate(u64 bytes) {
    const unsigned c = class_of(bytes);
    if (char *block = free[c]; block != nullptr) {
      free[c] = *reinterpret_cast<char **>(block);
      return block;
    }
    if (fresh + (u64{1} << c) > end) throw std::bad_alloc();
    char *block = reinterpret_cast<char *>(this) + fresh;
    fresh += u64{1} << c;
    return block;
  }
  void deallocate(void *block, u64 bytes) {
    const unsigned c = class_of(bytes);
    *static_cast<char **>(block) = free[c];
    free[c] = static_cast<char *>(block);
  }
};

template <typename T>
struct ArenaAllocator {
  using value_type = T;
  Arena *arena;
  explicit ArenaAllocator(Arena *a) : arena(a) {}
  template <typename U>
  ArenaAllocator(const ArenaAllocator<U> &other) : arena(other.arena) {}
  T *allocate(std::size_t n) { return static_cast<T *>(arena->allocate(n * sizeof(T))); }
  void deallocate(T *block, std::size_t n) { arena->deallocate(block, n * sizeof(T)); }
  template <typename U>
  bool operator==(const ArenaAllocator<U> &other) const {
    return arena == other.arena;
  }
};

struct Containers {
  using String = std::basic_string<char, std::char_traits<char>, ArenaAllocator<char>>;
  Arena arena;
  u64 made;  // 0: the containers are not constructed yet
  std::vector<u64, ArenaAllocator<u64>> numbers;
  std::deque<u32, ArenaAllocator<u32>> queue;
  String line;
};

inline void make_containers(Stretch s) {
  auto *c = s.at<Containers>(0);
  std::memset(s.begin, 0, s.bytes);
  c->arena.fresh = (sizeof(Containers) + 63) / 64 * 64;
  c->arena.end = s.bytes;
  new (&c->numbers) std::vector<u64, ArenaAllocator<u64>>(ArenaAllocator<u64>(&c->arena));
  new (&c->queue) std::deque<u32, ArenaAllocator<u32>>(ArenaAllocator<u32>(&c->arena));
  new (&c->line) Containers::String(ArenaAllocator<char>(&c->arena));
  c->made = 1;
}

inline void change_once(Containers *c, Random &random) {
  const u64 value = random.next();
  switch (value % 8) {
    case 0:
      c->numbers.insert(c->numbers.begin() + static_cast<long>(value % (c->numbers.size() + 1)), value);
      break;
    case 1:
      if (!c->numbers.empty()) c->numbers.erase(c->numbers.begin());
      break;
    case 2:
      c->numbers.push_back(value);
      break;
    case 3:
      c->queue.push_back(static_cast<u32>(value));
      break;
    case 4:
      c->queue.push_front(static_cast<u32>(value));
      break;
    case 5:
      if (!c->queue.empty()) c->queue.pop_back();
      break;
    case 6:
      c->line.append(1 + value / 8 % 20, static_cast<char>('a' + value % 26));
      break;
    default:
      c->line.insert(value / 8 % (c->line.size() + 1), "some text");
      break;
  }
}

// When the stretch is full, everything begins anew. A stretch that has no room for them at all stays as it
// is.
inline void change_containers(Stretch s, Random &random, u64 operations) {
  if (s.bytes < 3072) return;
  auto *c = s.at<Containers>(0);
  if (c->made == 0) make_containers(s);
  for (u64 i = 0; i < operations; ++i) {
    try {
      change_once(c, random);
    } catch (const std::bad_alloc &) {
      make_containers(s);
    }
  }
}

}  // namespace soak
