// A sequence of numbers that a seed names (splitmix64, Steele, Lea and Flood, OOPSLA 2014).
#pragma once
#include <cstdint>

namespace soak {

class Random {
 public:
  // One sequence for each combination: of a seed, a part and a round, say.
  explicit Random(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0)
      : state_(a * 0xd1342543de82ef95u + b * 0x2545f4914f6cdd1du + c * 0x9e6c63d0876a9a99u) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace soak
