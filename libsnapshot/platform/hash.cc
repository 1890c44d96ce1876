#include "platform/hash.h"

#include <immintrin.h>

#include <atomic>

#include "platform/cpu.h"

namespace snapshot {
namespace {

typedef u64 Word __attribute__((may_alias, aligned(1)));

// GF(2^64) as polynomials over GF(2), modulo x^64 + x^4 + x^3 + x + 1. Bit i stands for x^i.
constexpr u64 kModulus = 0x1b;  // without x^64

struct Product {
  u64 low, high;
};

constexpr Product multiply(u64 a, u64 b) {
  Product p{0, 0};
  for (unsigned i = 0; i < 64; ++i) {
    if ((b >> i & 1) == 0) continue;
    p.low ^= a << i;
    if (i != 0) p.high ^= a >> (64 - i);
  }
  return p;
}

constexpr u64 reduce(Product p) {
  const Product once = multiply(p.high, kModulus);  // of at most 68 bits
  return p.low ^ once.low ^ multiply(once.high, kModulus).low;
}

u64 hash_anywhere(const HashKey &key, u64 seed, const void *data, u64 bytes) {
  auto *w = static_cast<const Word *>(data);
  u64 h = seed;
  for (u64 i = 0; i < bytes / kLineBytes; ++i, w += 8) {
    Product sum = multiply(h, key.factor[0]);
    for (unsigned k = 0; k < 8; k += 2) {
      const Product p = multiply(w[k] ^ key.word[k], w[k + 1] ^ key.word[k + 1]);
      sum.low ^= p.low;
      sum.high ^= p.high;
    }
    h = reduce(sum);
  }
  return h;
}

// Below, the sum so far stays a product of 128 bits, and is reduced at the end only: times the factor it is
// low * factor + high * (x^64 * factor), again of 128 bits.

#define SNAPSHOT_CLMUL __attribute__((target("avx,pclmul")))

SNAPSHOT_CLMUL inline u64 reduce(__m128i p) {
  const __m128i modulus = _mm_cvtsi64_si128(kModulus);
  const __m128i once = _mm_clmulepi64_si128(p, modulus, 0x01);
  const __m128i twice = _mm_clmulepi64_si128(once, modulus, 0x01);
  return static_cast<u64>(_mm_cvtsi128_si64(_mm_xor_si128(p, _mm_xor_si128(once, twice))));
}

SNAPSHOT_CLMUL u64 hash_clmul(const HashKey &key, u64 seed, const void *data, u64 bytes) {
  auto *from = static_cast<const __m128i *>(data);
  auto *k = reinterpret_cast<const __m128i *>(key.word);
  const __m128i factor = _mm_loadu_si128(reinterpret_cast<const __m128i *>(key.factor));
  __m128i sum = _mm_cvtsi64_si128(static_cast<long long>(seed));
  for (u64 i = 0; i < bytes / kLineBytes; ++i, from += 4) {
    const __m128i a = _mm_xor_si128(_mm_loadu_si128(from), k[0]);
    const __m128i b = _mm_xor_si128(_mm_loadu_si128(from + 1), k[1]);
    const __m128i c = _mm_xor_si128(_mm_loadu_si128(from + 2), k[2]);
    const __m128i d = _mm_xor_si128(_mm_loadu_si128(from + 3), k[3]);
    const __m128i line =
        _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a, a, 0x01), _mm_clmulepi64_si128(b, b, 0x01)),
                      _mm_xor_si128(_mm_clmulepi64_si128(c, c, 0x01), _mm_clmulepi64_si128(d, d, 0x01)));
    sum = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(sum, factor, 0x00), line),
                        _mm_clmulepi64_si128(sum, factor, 0x11));
  }
  return reduce(sum);
}

// Even lines in one lane, odd ones in the other: each lane is a polynomial in the factor's square. Three
// multiplications of both lanes for two lines, where the above has six of one lane for each.
__attribute__((target("avx2,vpclmulqdq,pclmul"))) u64 hash_avx2(const HashKey &key, u64 seed,
                                                                const void *data, u64 bytes) {
  constexpr u64 kWorthwhileBytes = 1024;
  if (SNAPSHOT_LIKELY(bytes < kWorthwhileBytes)) return hash_clmul(key, seed, data, bytes);
  auto *from = static_cast<const __m128i *>(data);
  const __m128i factor = _mm_loadu_si128(reinterpret_cast<const __m128i *>(key.factor));
  const u64 square = reduce(_mm_clmulepi64_si128(factor, factor, 0x00));
  const u64 shifted = reduce(_mm_set_epi64x(static_cast<long long>(square), 0));
  const __m256i squares = _mm256_broadcastsi128_si256(
      _mm_set_epi64x(static_cast<long long>(shifted), static_cast<long long>(square)));
  __m256i k[4];
  for (int i = 0; i < 4; ++i)
    k[i] = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i *>(key.word) + i));
  __m256i sum = _mm256_set_m128i(_mm_cvtsi64_si128(static_cast<long long>(seed)), _mm_setzero_si128());
  for (u64 i = 0; i < bytes / (2 * kLineBytes); ++i, from += 8) {
    __m256i next = _mm256_xor_si256(_mm256_clmulepi64_epi128(sum, squares, 0x00),
                                    _mm256_clmulepi64_epi128(sum, squares, 0x11));
    for (int j = 0; j < 4; ++j) {
      const __m256i words = _mm256_xor_si256(_mm256_loadu2_m128i(from + 4 + j, from + j), k[j]);
      next = _mm256_xor_si256(next, _mm256_clmulepi64_epi128(words, words, 0x01));
    }
    sum = next;
  }
  const __m128i even = _mm256_castsi256_si128(sum), odd = _mm256_extracti128_si256(sum, 1);
  const u64 h = reduce(_mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(even, factor, 0x00), odd),
                                     _mm_clmulepi64_si128(even, factor, 0x11)));
  return bytes % (2 * kLineBytes) == 0 ? h : hash_clmul(key, h, from, kLineBytes);
}

// A lane for each pair of words; the lanes' sums are added at the end.
__attribute__((target("avx512f,avx512vl,vpclmulqdq,avx,pclmul"))) u64 hash_avx512(const HashKey &key,
                                                                                  u64 seed, const void *data,
                                                                                  u64 bytes) {
  auto *from = static_cast<const u8 *>(data);
  const __m512i k = _mm512_load_si512(key.word);
  const __m512i factor =
      _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i *>(key.factor)));
  __m512i sum = _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(seed)));
  for (u64 i = 0; i < bytes / kLineBytes; ++i, from += kLineBytes) {
    const __m512i line = _mm512_xor_si512(_mm512_loadu_si512(from), k);
    const __m512i low = _mm512_clmulepi64_epi128(sum, factor, 0x00);
    const __m512i high = _mm512_clmulepi64_epi128(sum, factor, 0x11);
    constexpr int kXorOfThree = 0x96;
    sum = _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(line, line, 0x01), low, high, kXorOfThree);
  }
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
  return reduce(_mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
}

// Sebastiano Vigna's SplitMix64.
u64 next_number(u64 *state) {
  u64 z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::atomic<HashLines> best_way{nullptr};

SNAPSHOT_SLOW_PATH HashLines choose_way() {
  HashLines best = nullptr;
  for (unsigned way = kHashWays; best == nullptr; --way) best = hash_way(way - 1);
  best_way.store(best, std::memory_order_relaxed);
  return best;
}

}  // namespace

HashKey::HashKey(u64 id) {
  for (u64 &w : word) w = next_number(&id);
  factor[0] = next_number(&id);
  factor[1] = reduce(Product{0, factor[0]});
}

HashLines hash_way(unsigned way) {
  switch (way) {
    case 0:
      return hash_anywhere;
    case 1:
      return cpu_features().clmul ? hash_clmul : nullptr;
    case 2:
      return cpu_features().clmul_avx2 ? hash_avx2 : nullptr;
    default:
      return cpu_features().clmul_avx512 ? hash_avx512 : nullptr;
  }
}

u64 hash_lines(const HashKey &key, u64 seed, const void *data, u64 bytes) {
  HashLines way = best_way.load(std::memory_order_relaxed);
  if (SNAPSHOT_UNLIKELY(way == nullptr)) way = choose_way();
  return way(key, seed, data, bytes);
}

}  // namespace snapshot
