#include "workloads/dirty_lines/kernels.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "harness/random.h"

namespace bench {
namespace {

using Word = std::uint64_t;

// The compiler makes vectors of this.
void fill(Word *array, std::size_t words, Word pass) {
  for (std::size_t i = 0; i < words; ++i) array[i] = pass + i;
}

// Each element needs the one before: one store after the other.
void chain(Word *array, std::size_t words, Word pass) {
  Word value = pass;
  for (std::size_t i = 0; i < words; ++i) array[i] = value = value * 5 + i;
}

// Becomes memset.
void clear(Word *array, std::size_t words, Word pass) {
  auto *bytes = reinterpret_cast<unsigned char *>(array);
  for (std::size_t i = 0; i < words * sizeof(Word); ++i) bytes[i] = static_cast<unsigned char>(pass);
}

// A character at a time, with a branch.
void letters(Word *array, std::size_t words, Word pass) {
  auto *bytes = reinterpret_cast<unsigned char *>(array);
  for (std::size_t i = 0; i < words * sizeof(Word); ++i)
    if ((i ^ pass) % 5 != 0) bytes[i] = static_cast<unsigned char>(bytes[i] ^ 0x20);
}

void sort(Word *array, std::size_t words, Word pass) {
  Random random(pass);
  for (std::size_t i = 0; i < words; ++i) array[i] = random.next();
  std::sort(array, array + words);
}

void heap_sort(Word *array, std::size_t words, Word pass) {
  Random random(pass);
  for (std::size_t i = 0; i < words; ++i) array[i] = random.next();
  std::make_heap(array, array + words);
  std::sort_heap(array, array + words);
}

void reverse(Word *array, std::size_t words, Word) { std::reverse(array, array + words); }

// Counts in a table, at random.
void histogram(Word *array, std::size_t words, Word pass) {
  Random random(pass);
  for (std::size_t i = 0; i < words; ++i) ++array[random.next() % words];
}

struct Account {
  Word number, balance;
  std::uint32_t bookings, flags;
  Word last_pass;
};

// Some fields of each structure.
void structures(Word *array, std::size_t words, Word pass) {
  auto *accounts = reinterpret_cast<Account *>(array);
  for (std::size_t i = 0; i < words * sizeof(Word) / sizeof(Account); ++i) {
    Account &account = accounts[i];
    account.balance += account.number ^ pass;
    ++account.bookings;
    if (account.balance % 4 == 0) account.flags ^= 1;
    account.last_pass = pass;
  }
}

// A matrix product that adds up in memory: a row of the result is stored to again and again.
void matrix(Word *array, std::size_t words, Word pass) {
  std::size_t side = 1;
  while (2 * side * 2 * side * 3 <= words) side *= 2;
  Word *a = array, *b = a + side * side, *c = b + side * side;
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t k = 0; k < side / 8; ++k)
      for (std::size_t j = 0; j < side; ++j) c[i * side + j] += (a[i * side + k] + pass) * b[k * side + j];
}

constexpr Kernel kKernels[] = {{"fill", fill},       {"chain", chain},         {"clear", clear},
                               {"letters", letters}, {"sort", sort},           {"heap_sort", heap_sort},
                               {"reverse", reverse}, {"histogram", histogram}, {"structures", structures},
                               {"matrix", matrix}};

}  // namespace

const Kernel *find_kernel(const char *name) {
  const auto *found = std::find_if(std::begin(kKernels), std::end(kKernels),
                                   [name](const Kernel &k) { return std::strcmp(k.name, name) == 0; });
  return found == std::end(kKernels) ? nullptr : found;
}

}  // namespace bench
