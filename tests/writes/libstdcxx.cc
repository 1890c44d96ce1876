// Containers some of whose code is in libstdc++.so, where no pass has been: linking of list and tree nodes,
// the policy of hash tables. What they store is not tracked. This file says so, so that a change for the
// better is noticed.
#include <list>
#include <map>
#include <set>
#include <unordered_map>

#include "arena.h"
#include "kind.h"

namespace {

#define LOST(NAME, BYTES) \
  KIND_WITH(NAME, BYTES, 16, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS | LOST_IN_LIBSTDCXX)

LOST(unordered_map, 8000) {
  ARENA(to);
  using Pair = std::pair<const uint64_t, uint64_t>;
  using Map =
      std::unordered_map<uint64_t, uint64_t, std::hash<uint64_t>, std::equal_to<>, FileAllocator<Pair>>;
  auto *map = new (to) Map(FileAllocator<Pair>(&arena));
  for (uint64_t i = 0; i < 50; ++i) {
    (*map)[i * 977] = seed;
    if (i % 20 == 3) checkpoint();
  }
  map->erase(977);
}
LOST(map, 8000) {
  ARENA(to);
  using Pair = std::pair<const uint64_t, uint64_t>;
  using Map = std::map<uint64_t, uint64_t, std::less<>, FileAllocator<Pair>>;
  auto *map = new (to) Map(FileAllocator<Pair>(&arena));
  for (uint64_t i = 0; i < 50; ++i) map->emplace(i * 977 % 101, seed);
  checkpoint();
  map->erase(map->begin());
}
LOST(set, 8000) {
  ARENA(to);
  auto *set =
      new (to) std::set<uint64_t, std::less<>, FileAllocator<uint64_t>>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 50; ++i) {
    set->insert(i * 977 % 101);
    checkpoint();
  }
}
LOST(list, 8000) {
  ARENA(to);
  auto *list = new (to) std::list<uint64_t, FileAllocator<uint64_t>>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 50; ++i) {
    list->push_front(seed ^ i);
    checkpoint();
  }
  list->sort();
}
}  // namespace
