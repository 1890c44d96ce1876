#include "workload.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace crash {
namespace {

// A sequence of its own for each commit (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t k) : state_(k * 0x2545f4914f6cdd1du) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

// Unaligned, up to bytes_max long, all over the file.
void scatter(Target &file, Random &random, std::uint64_t stores, std::uint64_t bytes_max) {
  std::vector<std::uint64_t> words(bytes_max / 8 + 1);
  for (std::uint64_t i = 0; i < stores && file.size() > bytes_max; ++i) {
    const std::uint64_t count = 1 + random.below(bytes_max);
    for (auto &w : words) w = random.next();
    file.store(random.below(file.size() - count), words.data(), count);
  }
}

void fill(Target &file, Random &random, std::uint64_t offset, std::uint64_t count) {
  std::vector<std::uint64_t> words(count / 8 + 1);
  for (auto &w : words) w = random.next();
  file.store(offset, words.data(), count);
}

void change_little(Target &file, std::uint64_t k) {
  Random random(k);
  scatter(file, random, 5, 24);
}

void change_many_runs(Target &file, std::uint64_t k) {
  Random random(k);
  scatter(file, random, 200, 100);
}

// More than the log's first areas hold, now in many runs, now in one.
void change_much(Target &file, std::uint64_t k) {
  Random random(k);
  if (k % 2 == 1)
    scatter(file, random, 2500, 64);
  else
    fill(file, random, random.below(100000), 600000 + random.below(100000));
}

// So much that the log's areas are given back when little is changed afterwards.
void change_very_much(Target &file, std::uint64_t k) {
  Random random(k);
  if (k % 6 == 1 || k % 6 == 2) fill(file, random, 1000, 17 << 20);
  scatter(file, random, 3, 200);
}

// Now larger, now smaller than the size before.
std::uint64_t odd_size(std::uint64_t k) {
  Random random(k ^ 0xabcd);
  return (k % 2 == 1 ? 250000 : 50000) + random.below(200000);
}

// The first size is grown from again and again, so that the file stays small however often it is committed.
void grow(Target &file, std::uint64_t k) {
  Random random(k);
  if (k % 40 == 0) file.resize(20000);
  const std::uint64_t old_size = file.size();
  file.resize(old_size + 1 + random.below(30000));
  fill(file, random, old_size, (file.size() - old_size) / 2);
  fill(file, random, file.size() - 1, 1);
  scatter(file, random, 5, 100);
}

// Larger and smaller, twice in some commits, to sizes that are no multiple of anything.
void shrink_and_grow(Target &file, std::uint64_t k) {
  Random random(k);
  scatter(file, random, 5, 100);
  file.resize(odd_size(k));
  scatter(file, random, 5, 100);
  if (k % 3 == 0) {
    file.resize(file.size() / 2);
    file.resize(odd_size(k + 1000000));
    scatter(file, random, 2, 100);
  }
  fill(file, random, file.size() - 10, 10);
}

void resize_only(Target &file, std::uint64_t k) { file.resize(odd_size(k)); }

}  // namespace

const Workload workloads[] = {
    {"little", 100000, 4, change_little, false},
    {"many-runs", 1 << 20, 3, change_many_runs, false},
    {"much", 1 << 20, 5, change_much, false},
    {"very-much", 18 << 20, 5, change_very_much, false},
    {"grow", 20000, 4, grow, false},
    {"shrink", 100000, 4, shrink_and_grow, false},
    {"resize", 100000, 4, resize_only, false},
    {"close", 100000, 3, shrink_and_grow, true},
};
const std::size_t workload_count = std::size(workloads);

const Workload &workload_named(const std::string &name) {
  for (const Workload &w : workloads)
    if (name == w.name) return w;
  throw std::runtime_error("no workload " + name);
}

}  // namespace crash
