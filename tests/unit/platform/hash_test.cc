#include "platform/hash.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "platform/cpu.h"

using snapshot::hash_lines;
using snapshot::HashKey;
using snapshot::u64;

namespace {

// FORMAT.md's formula, bit by bit and with none of the library's code: logs outlive the library that wrote
// them.
u64 times(u64 a, u64 b) {
  u64 product = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const bool carry = product >> 63 != 0;
    product = (product << 1) ^ (carry ? 0x1b : 0);
    if ((b >> bit & 1) != 0) product ^= a;
  }
  return product;
}

u64 expected_hash(u64 id, u64 seed, const std::vector<std::array<u64, 8>> &lines) {
  std::array<u64, 9> k;
  for (u64 i = 0; i < 9; ++i) {
    u64 z = id + (i + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    k[i] = z ^ (z >> 31);
  }
  u64 h = seed;
  for (const auto &w : lines) {
    h = times(h, k[8]);
    for (u64 i = 0; i < 8; i += 2) h ^= times(w[i] ^ k[i], w[i + 1] ^ k[i + 1]);
  }
  return h;
}

std::vector<std::array<u64, 8>> random_lines(u64 count, std::mt19937_64 *random) {
  std::vector<std::array<u64, 8>> lines(count);
  for (auto &line : lines)
    for (u64 &word : line) word = (*random)();
  return lines;
}

}  // namespace

TEST_CASE("multiplication in the reference is that of the field") {
  // x * x^63 = x^64 = x^4 + x^3 + x + 1; and the inverse of x, x^63 + x^3 + x^2 + 1.
  CHECK(times(2, u64{1} << 63) == 0x1b);
  CHECK(times(2, (u64{1} << 63) | 0xd) == 1);
}

TEST_CASE("each way to hash gives what FORMAT.md says") {
  std::mt19937_64 random(7);
  for (unsigned way = 0; way < snapshot::kHashWays; ++way) {
    const snapshot::HashLines hash = snapshot::hash_way(way);
    if (hash == nullptr) {
      WARN("way " << way << " is not tested: this machine lacks the instructions");
      continue;
    }
    for (u64 count : {0u, 1u, 2u, 3u, 5u, 15u, 16u, 17u, 18u, 64u, 257u}) {
      INFO("way " << way << ", " << count << " lines");
      const u64 id = random(), seed = random();
      const auto lines = random_lines(count, &random);
      CHECK(hash(HashKey(id), seed, lines.data(), count * 64) == expected_hash(id, seed, lines));
    }
    // Not aligned, all ones and all zeros.
    std::string bytes(64 * 4 + 1, '\xff');
    CHECK(hash(HashKey(0), ~u64{0}, bytes.data() + 1, 256) ==
          expected_hash(0, ~u64{0},
                        std::vector<std::array<u64, 8>>(
                            4, {~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}})));
    CHECK(hash(HashKey(0), 0, std::string(256, 0).data(), 256) ==
          expected_hash(0, 0, std::vector<std::array<u64, 8>>(4)));
  }
}

TEST_CASE("what hash_lines chooses is one of the ways") {
  std::mt19937_64 random(8);
  const auto lines = random_lines(9, &random);
  CHECK(hash_lines(HashKey(3), 4, lines.data(), 9 * 64) == expected_hash(3, 4, lines));
}

TEST_CASE("key, seed, each bit, the length and the order of lines all change the hash") {
  std::mt19937_64 random(9);
  auto lines = random_lines(4, &random);
  const HashKey key(1);
  const auto hash = [&](u64 count) { return hash_lines(key, 5, lines.data(), count * 64); };
  std::set<u64> seen = {hash(4), hash(3), hash_lines(HashKey(2), 5, lines.data(), 256),
                        hash_lines(key, 6, lines.data(), 256)};
  for (u64 bit = 0; bit < 2048; ++bit) {
    u64 &word = lines[bit / 512][bit / 64 % 8];
    word ^= u64{1} << bit % 64;
    seen.insert(hash(4));
    word ^= u64{1} << bit % 64;
  }
  std::swap(lines[0], lines[3]);
  seen.insert(hash(4));
  std::swap(lines[0], lines[1]);
  seen.insert(hash(4));
  CHECK(seen.size() == 4 + 2048 + 2);
}

TEST_CASE("the hash of pieces, one seeded with the one before, is the hash of the whole") {
  std::mt19937_64 random(10);
  const auto lines = random_lines(20, &random);
  const HashKey key(11);
  const u64 whole = hash_lines(key, 12, lines.data(), 20 * 64);
  for (u64 cut = 0; cut <= 20; ++cut)
    CHECK(hash_lines(key, hash_lines(key, 12, lines.data(), cut * 64), lines.data() + cut, (20 - cut) * 64) ==
          whole);
}
