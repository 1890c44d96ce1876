#include "media/persist.h"

#include <immintrin.h>

#include "platform/cpu.h"

namespace snapshot {
namespace {

void copy_nt_sse2(void *to, const void *from, u64 bytes) {
  auto *t = static_cast<__m128i *>(to);
  auto *f = static_cast<const __m128i *>(from);
  for (u64 i = 0; i < bytes / 16; i += 4) {
    const __m128i a = _mm_load_si128(f + i), b = _mm_load_si128(f + i + 1);
    const __m128i c = _mm_load_si128(f + i + 2), d = _mm_load_si128(f + i + 3);
    _mm_stream_si128(t + i, a), _mm_stream_si128(t + i + 1, b);
    _mm_stream_si128(t + i + 2, c), _mm_stream_si128(t + i + 3, d);
  }
}

__attribute__((target("avx2"))) void copy_nt_avx2(void *to, const void *from, u64 bytes) {
  auto *t = static_cast<__m256i *>(to);
  auto *f = static_cast<const __m256i *>(from);
  for (u64 i = 0; i < bytes / 32; i += 2) {
    const __m256i a = _mm256_load_si256(f + i), b = _mm256_load_si256(f + i + 1);
    _mm256_stream_si256(t + i, a), _mm256_stream_si256(t + i + 1, b);
  }
}

__attribute__((target("avx512f"))) void copy_nt_avx512(void *to, const void *from, u64 bytes) {
  auto *t = static_cast<__m512i *>(to);
  auto *f = static_cast<const __m512i *>(from);
  for (u64 i = 0; i < bytes / 64; ++i) _mm512_stream_si512(t + i, _mm512_load_si512(f + i));
}

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
  sse2 = {"sse2", copy_nt_sse2, best_write_back(), fence_sfence};
  avx2 = {"avx2", copy_nt_avx2, best_write_back(), fence_sfence};
  avx512 = {"avx512", copy_nt_avx512, best_write_back(), fence_sfence};
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
