#include "media/persist.h"

#include <immintrin.h>

#include "platform/cpu.h"

namespace snapshot {
namespace {

// A line each.
inline void line_nt_sse2(u8 *to, const u8 *from) {
  auto *t = reinterpret_cast<__m128i *>(to);
  auto *f = reinterpret_cast<const __m128i *>(from);
  const __m128i a = _mm_load_si128(f), b = _mm_load_si128(f + 1);
  const __m128i c = _mm_load_si128(f + 2), d = _mm_load_si128(f + 3);
  _mm_stream_si128(t, a), _mm_stream_si128(t + 1, b);
  _mm_stream_si128(t + 2, c), _mm_stream_si128(t + 3, d);
}

__attribute__((target("avx2"))) inline void line_nt_avx2(u8 *to, const u8 *from) {
  auto *t = reinterpret_cast<__m256i *>(to);
  auto *f = reinterpret_cast<const __m256i *>(from);
  const __m256i a = _mm256_load_si256(f), b = _mm256_load_si256(f + 1);
  _mm256_stream_si256(t, a), _mm256_stream_si256(t + 1, b);
}

__attribute__((target("avx512f"))) inline void line_nt_avx512(u8 *to, const u8 *from) {
  _mm512_stream_si512(reinterpret_cast<__m512i *>(to), _mm512_load_si512(from));
}

// Small commits are bound by instructions: these loops have no others than they need.
#define SNAPSHOT_NT_VERBS(way, attributes)                                                                 \
  attributes void copy_nt_##way(void *to, const void *from, u64 bytes) {                                   \
    auto *t = static_cast<u8 *>(to);                                                                       \
    auto *f = static_cast<const u8 *>(from);                                                               \
    for (const u8 *const end = f + bytes; f != end; f += kLineBytes, t += kLineBytes) line_nt_##way(t, f); \
  }                                                                                                        \
  attributes void scatter_nt_##way(void *to, const u64 *runs, u64 count, const void *from) {               \
    auto *f = static_cast<const u8 *>(from);                                                               \
    for (const u64 *const end = runs + count; runs != end; ++runs) {                                       \
      u8 *t = static_cast<u8 *>(to) + Run::unpack(*runs).first * kLineBytes;                               \
      u64 lines = Run::unpack(*runs).count;                                                                \
      _Pragma("clang loop unroll(disable)") do {                                                           \
        line_nt_##way(t, f);                                                                               \
        f += kLineBytes, t += kLineBytes;                                                                  \
      }                                                                                                    \
      while (--lines != 0);                                                                                \
    }                                                                                                      \
  }
SNAPSHOT_NT_VERBS(sse2, )
SNAPSHOT_NT_VERBS(avx2, __attribute__((target("avx2"))))
SNAPSHOT_NT_VERBS(avx512, __attribute__((target("avx512f"))))
#undef SNAPSHOT_NT_VERBS

__attribute__((target("clwb"))) void write_back_clwb(const void *from, u64 bytes) {
  for (u64 i = 0; i < bytes; i += kLineBytes) _mm_clwb(const_cast<u8 *>(static_cast<const u8 *>(from)) + i);
}

__attribute__((target("clflushopt"))) void write_back_clflushopt(const void *from, u64 bytes) {
  for (u64 i = 0; i < bytes; i += kLineBytes)
    _mm_clflushopt(const_cast<u8 *>(static_cast<const u8 *>(from)) + i);
}

void write_back_clflush(const void *from, u64 bytes) {
  for (u64 i = 0; i < bytes; i += kLineBytes) _mm_clflush(static_cast<const u8 *>(from) + i);
}

// SFENCE orders non-temporal stores and CLWB/CLFLUSHOPT before every later store (SDM vol. 2, SFENCE).
void fence_sfence() { _mm_sfence(); }

auto best_write_back() {
  if (cpu_features().clwb) return write_back_clwb;
  if (cpu_features().clflushopt) return write_back_clflushopt;
  return write_back_clflush;
}

Status lacks(const char *what) {
  Message m;
  m << "SNAPSHOT_PERSIST: this machine has no " << what << ": set it to auto, or unset it";
  return fail(ENODEV, m);
}

}  // namespace

Status select_persist_verbs(PersistChoice choice, const PersistVerbs **out) {
  static PersistVerbs sse2, avx2, avx512;
  sse2 = {"sse2", copy_nt_sse2, scatter_nt_sse2, best_write_back(), fence_sfence};
  avx2 = {"avx2", copy_nt_avx2, scatter_nt_avx2, best_write_back(), fence_sfence};
  avx512 = {"avx512", copy_nt_avx512, scatter_nt_avx512, best_write_back(), fence_sfence};
  const CpuFeatures &cpu = cpu_features();
  switch (choice) {
    case PersistChoice::automatic:
      *out = cpu.avx512 ? &avx512 : cpu.avx2 ? &avx2 : &sse2;
      return kOk;
    case PersistChoice::sse2:
      *out = &sse2;
      return kOk;
    case PersistChoice::avx2:
      *out = &avx2;
      return cpu.avx2 ? kOk : lacks("AVX2");
    case PersistChoice::avx512:
      *out = &avx512;
      return cpu.avx512 ? kOk : lacks("AVX-512");
    case PersistChoice::libpmem:
      *out = libpmem_verbs();
      return *out != nullptr ? kOk : lacks("libpmem.so.1 (Debian package libpmem1)");
  }
  return {EINVAL};
}

}  // namespace snapshot
