// Vectors of 8 to 64 bytes: the compiler's own types, SSE, AVX2 and AVX-512 stores, masked, compressed,
// scattered and non-temporal ones, and other instructions that write through a pointer.
#include <cpuid.h>
#include <immintrin.h>

#include "kind.h"

#define VECTOR(NAME, BYTES)                                                                               \
  typedef uint32_t NAME __attribute__((vector_size(BYTES)));                                              \
  typedef uint32_t NAME##_anywhere_t __attribute__((vector_size(BYTES), aligned(1)));                     \
  KIND(NAME##_aligned, BYTES, BYTES) { *(NAME *)to = (NAME){0} + (uint32_t)seed; }                        \
  KIND(NAME##_anywhere, BYTES, 1) { *(NAME##_anywhere_t *)to = (NAME##_anywhere_t){0} + (uint32_t)seed; } \
  KIND(NAME##_element, BYTES, BYTES) { (*(NAME *)to)[seed % (BYTES / 4)] = (uint32_t)seed; }              \
  KIND(NAME##_volatile, BYTES, BYTES) { *(volatile NAME *)to = (NAME){0} + (uint32_t)seed; }              \
  KIND(NAME##_non_temporal, BYTES, BYTES) {                                                               \
    __builtin_nontemporal_store((NAME){0} + (uint32_t)seed, (NAME *)to);                                  \
  }

VECTOR(vector_8, 8)
VECTOR(vector_16, 16)
VECTOR(vector_32, 32)
VECTOR(vector_64, 64)
VECTOR(vector_128, 128)

KIND(non_temporal_int32, 4, 4) { __builtin_nontemporal_store((uint32_t)seed, (uint32_t *)to); }
KIND(non_temporal_double, 8, 8) { __builtin_nontemporal_store((double)seed, (double *)to); }

#define SSE(NAME, BYTES, ALIGNMENT, ...) \
  KIND(NAME, BYTES, ALIGNMENT) { __VA_ARGS__; }
#define INTEGERS _mm_set1_epi8((char)(seed & 0x7f))
#define DOUBLES _mm_set1_pd((double)seed)
#define FLOATS _mm_set1_ps((float)seed)
SSE(sse_store, 16, 16, _mm_store_si128((__m128i *)to, INTEGERS))
SSE(sse_store_anywhere, 16, 1, _mm_storeu_si128((__m128i *)to, INTEGERS))
SSE(sse_stream, 16, 16, _mm_stream_si128((__m128i *)to, INTEGERS))
SSE(sse_stream_int32, 4, 4, _mm_stream_si32((int *)to, (int)seed))
SSE(sse_stream_int64, 8, 8, _mm_stream_si64((long long *)to, (long long)seed))
SSE(sse_stream_double, 16, 16, _mm_stream_pd((double *)to, DOUBLES))
SSE(sse_stream_float, 16, 16, _mm_stream_ps((float *)to, FLOATS))
SSE(sse_low_half, 8, 1, _mm_storel_epi64((__m128i *)to, INTEGERS))
SSE(sse_low_double, 8, 1, _mm_storel_pd((double *)to, DOUBLES))
SSE(sse_high_double, 8, 1, _mm_storeh_pd((double *)to, DOUBLES))
SSE(sse_scalar_float, 4, 1, _mm_store_ss((float *)to, FLOATS))
SSE(sse_reversed, 16, 16, _mm_storer_pd((double *)to, DOUBLES))
SSE(sse_int16, 2, 1, _mm_storeu_si16(to, INTEGERS))
SSE(sse_int32, 4, 1, _mm_storeu_si32(to, INTEGERS))
SSE(sse_masked, 16, 1,
    _mm_maskmoveu_si128(INTEGERS, _mm_set_epi64x(-1, (long long)0xff00ff00ff00ff00), (char *)to))
SSE(mmx_masked, 8, 1,
    _mm_maskmove_si64(_mm_set1_pi8((char)(seed & 0x7f)), _mm_set1_pi32((int)0xff0000ff), (char *)to);
    _mm_empty())
SSE(mmx_stream, 8, 8, _mm_stream_pi((__m64 *)to, _mm_set1_pi8((char)(seed & 0x7f))); _mm_empty())
SSE(control_register, 4, 4, *(unsigned *)to = _mm_getcsr())

static int has_avx2(void) { return __builtin_cpu_supports("avx2"); }
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

#define AVX2(NAME, BYTES, ALIGNMENT, ...)                                                         \
  __attribute__((target("avx2"))) static void do_##NAME(byte *to, uint64_t seed) { __VA_ARGS__; } \
  KIND_WITH(NAME, BYTES, ALIGNMENT, 0, has_avx2, 0) { do_##NAME(to, seed); }
#define INTEGERS_256 _mm256_set1_epi32((int)seed)
AVX2(avx_store, 32, 32, _mm256_store_si256((__m256i *)to, INTEGERS_256))
AVX2(avx_store_anywhere, 32, 1, _mm256_storeu_si256((__m256i *)to, INTEGERS_256))
AVX2(avx_stream, 32, 32, _mm256_stream_si256((__m256i *)to, INTEGERS_256))
AVX2(avx_stream_double, 32, 32, _mm256_stream_pd((double *)to, _mm256_set1_pd((double)seed)))
AVX2(avx_masked_int32, 32, 1,
     _mm256_maskstore_epi32((int *)to, _mm256_set_epi32(0, -1, 0, 0, -1, 0, 0, 0), INTEGERS_256))
AVX2(avx_masked_int32_variable, 32, 1,
     _mm256_maskstore_epi32((int *)to, _mm256_insert_epi32(_mm256_set1_epi32((int)(seed << 24)), -1, 7),
                            INTEGERS_256))
AVX2(avx_masked_int64, 32, 1,
     _mm256_maskstore_epi64((long long *)to, _mm256_set_epi64x(-1, 0, 0, 0),
                            _mm256_set1_epi64x((long long)seed)))
AVX2(avx_masked_double, 16, 1, _mm_maskstore_pd((double *)to, _mm_set_epi64x(-1, 0), DOUBLES))
AVX2(avx_masked_float, 32, 1,
     _mm256_maskstore_ps((float *)to, _mm256_set_epi32(-1, 0, 0, 0, 0, 0, 0, -1),
                         _mm256_set1_ps((float)seed)))
AVX2(avx_masked_beyond_the_end, 4, 1,
     _mm256_maskstore_epi32((int *)to, _mm256_set_epi32(0, 0, 0, 0, 0, 0, 0, -1), INTEGERS_256))
AVX2(avx_two_halves, 64, 1, _mm256_storeu2_m128i((__m128i *)(to + 48), (__m128i *)to, INTEGERS_256))
AVX2(avx_half, 16, 1, _mm_storeu_si128((__m128i *)to, _mm256_extracti128_si256(INTEGERS_256, 1)))

#define AVX512(NAME, BYTES, ALIGNMENT, ...)                                                            \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"))) static void do_##NAME(byte *to,        \
                                                                                      uint64_t seed) { \
    __VA_ARGS__;                                                                                       \
  }                                                                                                    \
  KIND_WITH(NAME, BYTES, ALIGNMENT, 0, has_avx512, 0) { do_##NAME(to, seed); }
#define INTEGERS_512 _mm512_set1_epi32((int)seed)
// Some bits of the seed, and the last one, so that something is always written.
#define BITS(N) ((seed & ((UINT64_C(1) << (N - 1)) - 1)) | UINT64_C(1) << (N - 1))
AVX512(avx512_store, 64, 64, _mm512_store_si512(to, INTEGERS_512))
AVX512(avx512_store_anywhere, 64, 1, _mm512_storeu_si512(to, INTEGERS_512))
AVX512(avx512_stream, 64, 64, _mm512_stream_si512((__m512i *)to, INTEGERS_512))
AVX512(avx512_masked_bytes, 64, 1, _mm512_mask_storeu_epi8(to, BITS(64), INTEGERS_512))
AVX512(avx512_masked_int16, 64, 1, _mm512_mask_storeu_epi16(to, (__mmask32)BITS(32), INTEGERS_512))
AVX512(avx512_masked_int32, 64, 1, _mm512_mask_storeu_epi32(to, (__mmask16)BITS(16), INTEGERS_512))
AVX512(avx512_masked_int32_aligned, 64, 64, _mm512_mask_store_epi32(to, (__mmask16)BITS(16), INTEGERS_512))
AVX512(avx512_masked_int64, 64, 1, _mm512_mask_storeu_epi64(to, (__mmask8)BITS(8), INTEGERS_512))
AVX512(avx512_masked_last_only, 64, 1, _mm512_mask_storeu_epi8(to, UINT64_C(1) << 63, INTEGERS_512))
AVX512(avx512_masked_256, 32, 1,
       _mm256_mask_storeu_epi8(to, (__mmask32)BITS(32), _mm256_set1_epi32((int)seed)))
AVX512(avx512_masked_scalar, 8, 1, _mm_mask_store_sd((double *)to, 1, DOUBLES))
// The lanes that are off may lie beyond the mapping.
AVX512(avx512_masked_beyond_the_end, 32, 1, _mm512_mask_storeu_epi8(to, 0xffffffff, INTEGERS_512))
AVX512(avx512_compressed_beyond_the_end, 16, 1, _mm512_mask_compressstoreu_epi32(to, 0x8421, INTEGERS_512))
AVX512(avx512_compressed_int32, 64, 1,
       _mm512_mask_compressstoreu_epi32(to, (__mmask16)BITS(16), INTEGERS_512))
AVX512(avx512_compressed_all, 64, 1, _mm512_mask_compressstoreu_epi64(to, 0xff, INTEGERS_512))
AVX512(avx512_narrowed, 16, 1, _mm512_mask_cvtepi32_storeu_epi8(to, 0xffff, INTEGERS_512))
AVX512(avx512_scattered_int32, 4096, 1,
       _mm512_i32scatter_epi32(to,
                               _mm512_setr_epi32(1023, 0, 512, 17, 33, 1, 900, 64, 16, 128, 255, 256, 77, 700,
                                                 2, 5),
                               INTEGERS_512, 4))
AVX512(avx512_scattered_masked, 4096, 1,
       _mm512_mask_i32scatter_epi32(to, (__mmask16)BITS(16),
                                    _mm512_setr_epi32(0, 70, 140, 210, 280, 350, 420, 490, 560, 630, 700, 770,
                                                      840, 910, 980, 1023),
                                    INTEGERS_512, 4))
AVX512(avx512_scattered_int64, 2048, 8,
       _mm512_i64scatter_epi64(to, _mm512_setr_epi64(0, 255, 8, 100, 101, 200, 16, 3), INTEGERS_512, 8))
AVX512(avx512_scattered_256, 1024, 1,
       _mm256_i32scatter_epi32(to, _mm256_setr_epi32(255, 0, 100, 17, 33, 1, 200, 64), INTEGERS_256, 4))

// Integers that come back through a pointer.
KIND(add_with_carry, 8, 8) {
  (void)_addcarry_u64(0, *(unsigned long long *)to, seed | 1, (unsigned long long *)to);
}
KIND(add_overflow, 8, 8) { (void)__builtin_add_overflow(seed, 1, (uint64_t *)to); }
KIND(multiply_overflow, 4, 1) { (void)__builtin_mul_overflow((int)(seed & 0xff), 3, (int *)to); }

// Where __builtin_cpu_supports of clang 16 does not know the name.
static int has_bits(unsigned leaf, unsigned ecx) {
  unsigned a, b, c, d;
  return __get_cpuid_count(leaf, 0, &a, &b, &c, &d) && (c & ecx) == ecx;
}
static int has_movdir(void) { return has_bits(7, 1u << 27 | 1u << 28); }
__attribute__((target("movdiri"))) static void do_direct_store(byte *to, uint64_t seed) {
  _directstoreu_u64(to, seed);
}
KIND_WITH(direct_store, 8, 8, 0, has_movdir, 0) { do_direct_store(to, seed); }
__attribute__((target("movdir64b"))) static void do_direct_copy(byte *to, uint64_t seed) {
  _movdir64b(to, source_bytes(seed, 64));
}
KIND_WITH(direct_copy_64, 64, 64, 0, has_movdir, 0) { do_direct_copy(to, seed); }

static int has_xsave(void) { return has_bits(1, bit_OSXSAVE); }
__attribute__((target("fxsr"))) static void do_fxsave(byte *to, uint64_t seed) {
  (void)seed;
  _fxsave64(to);
}
KIND_WITH(fxsave, 512, 16, 0, 0, BYTES_DEPEND_ON_ADDRESS) { do_fxsave(to, seed); }
// The header must be zero; 64-byte aligned; more than 2 KiB with AVX-512.
__attribute__((target("xsave"))) static void do_xsave(byte *to, uint64_t seed) {
  (void)seed;
  _xsave64(to, 7);
}
static void zero_area(byte *to, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to[i] = 0;
}
KIND_WITH(xsave, 4096, 64, zero_area, has_xsave, BYTES_DEPEND_ON_ADDRESS) { do_xsave(to, seed); }

static int has_rdrand(void) { return has_bits(1, bit_RDRND); }
__attribute__((target("rdrnd"))) static void do_rdrand(byte *to, uint64_t seed) {
  (void)seed;
  (void)_rdrand64_step((unsigned long long *)to);
}
KIND_WITH(random_number, 8, 8, 0, has_rdrand, BYTES_DEPEND_ON_ADDRESS) { do_rdrand(to, seed); }
__attribute__((target("avx2,bmi2"))) static void do_mulx(byte *to, uint64_t seed) {
  *(unsigned long long *)to = _mulx_u64(seed, seed, (unsigned long long *)(to + 72));
}
KIND_WITH(multiply_high_and_low, 80, 8, 0, has_avx2, 0) { do_mulx(to, seed); }
