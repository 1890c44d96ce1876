// Containers of nodes. In libstdc++ some of their code is in the library, where no pass has been: linking of
// list and tree nodes, which the runtime interposes, and the policy of hash tables.
#include <iterator>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

#include "arena.h"
#include "kind.h"

namespace {

IN_FILE(unordered_map, 8000) {
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
IN_FILE(map, 8000) {
  ARENA(to);
  using Pair = std::pair<const uint64_t, uint64_t>;
  using Map = std::map<uint64_t, uint64_t, std::less<>, FileAllocator<Pair>>;
  auto *map = new (to) Map(FileAllocator<Pair>(&arena));
  for (uint64_t i = 0; i < 50; ++i) map->emplace(i * 977 % 101, seed);
  checkpoint();
  map->erase(map->begin());
}
IN_FILE(set, 8000) {
  ARENA(to);
  auto *set =
      new (to) std::set<uint64_t, std::less<>, FileAllocator<uint64_t>>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 50; ++i) {
    set->insert(i * 977 % 101);
    checkpoint();
  }
}
IN_FILE(set_of_many, 8000) {
  ARENA(to);
  auto *set =
      new (to) std::multiset<uint64_t, std::less<>, FileAllocator<uint64_t>>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 120; ++i) set->insert((i * 2654435761 + seed) % 97);
  checkpoint();
  for (uint64_t i = 0; i < 97; i += 2) set->erase(i);
  checkpoint();
  while (set->size() > 3) set->erase(set->begin());
  set->insert(5);
}
IN_FILE(list, 8000) {
  ARENA(to);
  using List = std::list<uint64_t, FileAllocator<uint64_t>>;
  auto *list = new (to) List(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 50; ++i) {
    list->push_front(seed ^ i);
    if (i % 9 == 3) checkpoint();
  }
  list->sort();
  checkpoint();
  list->reverse();
  checkpoint();
  list->erase(std::next(list->begin(), 7));
  checkpoint();
  auto *other = new (to + 64) List(FileAllocator<uint64_t>(&arena));
  other->splice(other->begin(), *list, list->begin(), std::next(list->begin(), 5));
  checkpoint();
  list->swap(*other);
}
}  // namespace
