// Containers of the standard library in a managed file, through an allocator, and algorithms over one.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>
#include <forward_list>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <string>
#include <vector>

#include "arena.h"
#include "kind.h"

namespace {

using String = std::basic_string<char, std::char_traits<char>, FileAllocator<char>>;
template <typename T>
using Vector = std::vector<T, FileAllocator<T>>;

IN_FILE(string_short, 512) {
  ARENA(to);
  auto *text = new (to) String("abc", FileAllocator<char>(&arena));
  checkpoint();
  *text += static_cast<char>('a' + seed % 26);
  checkpoint();
  text->insert(0, "x");
}
IN_FILE(string_growing, 4000) {
  ARENA(to);
  auto *text = new (to) String(FileAllocator<char>(&arena));
  for (int i = 0; i < 500; ++i) {
    text->push_back(static_cast<char>('a' + (seed + static_cast<uint64_t>(i)) % 26));
    if (i % 100 == 17) checkpoint();
  }
  text->replace(3, 5, "something longer");
  checkpoint();
  text->erase(10, 20);
  checkpoint();
  std::replace(text->begin(), text->end(), 'a', 'z');
  checkpoint();
  text->resize(510, '!');
  text->clear();
}
IN_FILE(vector_push_back, 4000) {
  ARENA(to);
  auto *numbers = new (to) Vector<uint64_t>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 100; ++i) {
    numbers->push_back(seed + i);
    if (i % 30 == 7) checkpoint();
  }
}
IN_FILE(vector_insert_and_erase, 4000) {
  ARENA(to);
  auto *numbers = new (to) Vector<uint32_t>(50, uint32_t{1}, FileAllocator<uint32_t>(&arena));
  checkpoint();
  numbers->insert(numbers->begin() + 10, {1, 2, static_cast<uint32_t>(seed), 3});
  checkpoint();
  numbers->erase(numbers->begin(), numbers->begin() + 5);
  checkpoint();
  numbers->emplace(numbers->begin(), static_cast<uint32_t>(seed));
  checkpoint();
  numbers->resize(120);
  numbers->assign(20, 5);
}
IN_FILE(vector_of_strings, 6000) {
  ARENA(to);
  auto *texts = new (to) Vector<String>(FileAllocator<String>(&arena));
  for (int i = 0; i < 12; ++i) {
    texts->emplace_back(static_cast<size_t>(i * 3), static_cast<char>('a' + seed % 26),
                        FileAllocator<char>(&arena));
    if (i % 4 == 1) checkpoint();
  }
  std::reverse(texts->begin(), texts->end());
}
IN_FILE(vector_of_bool, 1024) {
  ARENA(to);
  auto *bits = new (to) std::vector<bool, FileAllocator<bool>>(700, false, FileAllocator<bool>(&arena));
  checkpoint();
  (*bits)[seed % 700] = true;
  checkpoint();
  bits->flip();
}
IN_FILE(deque, 12000) {
  ARENA(to);
  auto *queue = new (to) std::deque<uint64_t, FileAllocator<uint64_t>>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 100; ++i) queue->push_back(seed + i);
  checkpoint();
  for (uint64_t i = 0; i < 30; ++i) queue->push_front(i);
  checkpoint();
  queue->pop_back();
}
IN_FILE(forward_list, 4000) {
  ARENA(to);
  auto *list = new (to) std::forward_list<uint64_t, FileAllocator<uint64_t>>(FileAllocator<uint64_t>(&arena));
  for (uint64_t i = 0; i < 60; ++i) list->push_front(seed ^ i * 37);
  checkpoint();
  list->sort();
  checkpoint();
  list->reverse();
}
IN_FILE(shared_ptr, 256) {
  ARENA(to);
  const auto shared = std::allocate_shared<uint64_t>(FileAllocator<uint64_t>(&arena), seed);
  checkpoint();
  const auto second = shared;
  checkpoint();
  *second = seed + 1;
}
// In C++20 its members are the program's own.
IN_FILE(std_string, 32) {
  auto *text = new (to) std::string("short");
  checkpoint();
  text->append(1 + seed % 5, 'x');
}
IN_FILE(polymorphic_resource, 4000) {
  std::pmr::monotonic_buffer_resource resource(to, 4000, std::pmr::null_memory_resource());
  std::pmr::vector<uint64_t> numbers(&resource);
  for (uint64_t i = 0; i < 50; ++i) numbers.push_back(seed);
  checkpoint();
  std::pmr::string text("a text that does not fit into the object itself", &resource);
  text += text;
}

uint64_t *words(byte *to) { return reinterpret_cast<uint64_t *>(to); }
// numbers: 200 words in a jumble.
void jumble(byte *to, size_t bytes) {
  for (size_t i = 0; i < bytes / 8; ++i) words(to)[i] = i * 2654435761 % 1009;
}
#define ALGORITHM(NAME) KIND_WITH(NAME, 1600, 8, jumble, nullptr, TRACKED_BY_INTERPOSER)
ALGORITHM(algorithm_sort) { std::sort(words(to), words(to) + 200); }
ALGORITHM(algorithm_stable_sort) { std::stable_sort(words(to), words(to) + 200, std::greater<>()); }
ALGORITHM(algorithm_partial_sort) { std::partial_sort(words(to), words(to) + 20, words(to) + 200); }
ALGORITHM(algorithm_heap) {
  std::make_heap(words(to), words(to) + 200);
  checkpoint();
  std::pop_heap(words(to), words(to) + 200);
}
ALGORITHM(algorithm_reverse) { std::reverse(words(to), words(to) + 200); }
ALGORITHM(algorithm_rotate) { std::rotate(words(to), words(to) + 1 + seed % 190, words(to) + 200); }
ALGORITHM(algorithm_fill) { std::fill(words(to), words(to) + 200, seed); }
ALGORITHM(algorithm_fill_bytes) { std::fill_n(to, 1 + seed % 1600, byte{3}); }
ALGORITHM(algorithm_copy) { std::copy(words(to), words(to) + 150, words(to) + 201 - 151); }
ALGORITHM(algorithm_copy_backward) { std::copy_backward(words(to), words(to) + 150, words(to) + 200); }
ALGORITHM(algorithm_copy_from_outside) {
  const byte *from = source_bytes(seed, 1600);
  std::copy_n(from, 1 + seed % 1600, to);
}
ALGORITHM(algorithm_transform) {
  std::transform(words(to), words(to) + 200, words(to), [seed](uint64_t n) { return n * 3 + seed; });
}
ALGORITHM(algorithm_generate) {
  std::generate(words(to), words(to) + 200, [n = seed]() mutable { return n = n * 5 + 1; });
}
ALGORITHM(algorithm_iota) { std::iota(words(to), words(to) + 200, seed); }
ALGORITHM(algorithm_partial_sum) { std::partial_sum(words(to), words(to) + 200, words(to)); }
ALGORITHM(algorithm_remove_if) {
  (void)std::remove_if(words(to), words(to) + 200, [](uint64_t n) { return n % 3 == 0; });
}
ALGORITHM(algorithm_unique) {
  for (uint64_t i = 0; i < 200; ++i) words(to)[i] /= 100;
  checkpoint();
  std::sort(words(to), words(to) + 200);
  checkpoint();
  (void)std::unique(words(to), words(to) + 200);
}
ALGORITHM(algorithm_swap_ranges) { std::swap_ranges(words(to), words(to) + 100, words(to) + 100); }
ALGORITHM(algorithm_uninitialised_copy) { std::uninitialized_fill_n(words(to), 1 + seed % 200, seed); }
KIND(to_chars_integer, 32, 1) {
  (void)std::to_chars(reinterpret_cast<char *>(to), reinterpret_cast<char *>(to) + 32, seed);
}

}  // namespace
