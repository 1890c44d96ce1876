// Hashes and pseudo-random numbers that are functions of their arguments alone, so that everything can be
// repeated.
#pragma once
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <cstring>

namespace states {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
constexpr u64 mix(u64 z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
constexpr u64 mix(u64 a, u64 b) { return mix(mix(a) ^ b); }

// Continues the hash over the bytes, eight at a time; the last few count as padded with zeros.
inline u64 mix_bytes(u64 hash, const void *bytes, u64 count) {
  auto *at = static_cast<const u8 *>(bytes);
  for (; count >= 8; at += 8, count -= 8) {
    u64 word;
    __builtin_memcpy(&word, at, 8);
    hash = (hash ^ word) * 0x94d049bb133111ebu;
    hash ^= hash >> 29;
  }
  if (count == 0) return hash;
  u64 rest = 0;
  for (u64 i = 0; i < count; ++i) rest |= u64{at[i]} << (8 * i);
  return mix(hash, rest);
}

// For much at once, and faster; pieces do not chain to the whole. XXH3 (Yann Collet, xxhash.com).
inline u64 mix_whole(u64 hash, const void *bytes, u64 count) {
  return XXH3_64bits_withSeed(bytes, count, hash);
}

}  // namespace states
