// Quadra (Ramalhete, Correia, Felber: Efficient Algorithms for Persistent Transactional Memory, PPoPP 2021),
// the annotated transactional memory that needs one fence for a transaction: its algorithm for one thread,
// written anew from the paper and the authors' public code. The interface is explained in no_persistence.h.
//
// Every 8-byte word becomes 32 bytes in one cache line: its value, the value before its last transaction,
// that transaction's number, and how many words it changed. After a crash the last transaction is undone
// unless as many words bear its number as each of them says; nothing but the lines themselves is written
// back. The program must use Quadra's type for each word that it keeps, and the file is four times as large.
#pragma once
#include <fcntl.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "harness/worker.h"

namespace bench {

class QuadraWord {
 public:
  QuadraWord &operator=(std::uint64_t value);
  operator std::uint64_t() const { return value_; }

 private:
  friend class Backend;
  // Volatile, so that the compiler keeps the stores' order: within a line the medium keeps it, too.
  alignas(32) volatile std::uint64_t value_;
  volatile std::uint64_t before_;
  volatile std::uint64_t transaction_;
  volatile std::uint32_t words_[2];  // of transactions with even and with odd numbers
};
static_assert(sizeof(QuadraWord) == 32);

inline std::uint64_t quadra_transaction = 0;  // the number of the one that runs
inline bool quadra_runs = false;
inline std::vector<QuadraWord *> quadra_changed;

inline QuadraWord &QuadraWord::operator=(std::uint64_t value) {
  if (quadra_runs && transaction_ != quadra_transaction) {
    before_ = value_;
    words_[quadra_transaction & 1] = 0;
    transaction_ = quadra_transaction;
    quadra_changed.push_back(this);
  }
  value_ = value;
  return *this;
}

class Backend {
 public:
  using Word = QuadraWord;

  void *open(const char *path, std::uint64_t bytes) {
    const int fd = ::open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) worker_fails(path);
    void *array = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (array == MAP_FAILED) worker_fails(path);
    ::close(fd);
    quadra_changed.reserve(1 << 20);
    return array;
  }
  // Outside of a transaction a store changes the value alone.
  template <typename Body>
  void initialise(Body body) {
    body();
  }
  template <typename Body>
  void transaction(Body body) {
    ++quadra_transaction;
    quadra_runs = true;
    body();
    const auto words = static_cast<std::uint32_t>(quadra_changed.size());
    for (QuadraWord *word : quadra_changed) word->words_[quadra_transaction & 1] = words;
    write_back();
    _mm_sfence();
    ++fences_;
    quadra_changed.clear();
    quadra_runs = false;
  }
  template <typename T>
  void will_change(T *) {}
  void facts() { std::printf(" fences=%llu", static_cast<unsigned long long>(fences_)); }

 private:
  // As its authors do it: a few words are looked through for lines that two of them share, many are not.
  __attribute__((target("clwb"))) static void write_back() {
    constexpr std::size_t kFew = 16;
    const std::size_t words = quadra_changed.size();
    for (std::size_t i = 0; i < words; ++i)
      if (words > kFew || !line_comes_before(i)) _mm_clwb(quadra_changed[i]);
  }
  static bool line_comes_before(std::size_t i) {
    const auto line = [](std::size_t word) {
      return reinterpret_cast<std::uintptr_t>(quadra_changed[word]) / 64;
    };
    for (std::size_t earlier = 0; earlier < i; ++earlier)
      if (line(earlier) == line(i)) return true;
    return false;
  }
  std::uint64_t fences_ = 0;
};

}  // namespace bench
