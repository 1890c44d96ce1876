// Scalars of every type: aligned, at any address, volatile, and non-temporal.
#include <complex.h>
#include <stdbool.h>

#include "kind.h"

// VALUE is made of seed.
#define SCALAR(NAME, TYPE, VALUE)                                                          \
  typedef TYPE NAME##_at_any_address_t __attribute__((aligned(1)));                        \
  KIND(NAME, sizeof(TYPE), _Alignof(TYPE)) { *(TYPE *)to = VALUE; }                        \
  KIND(NAME##_at_any_address, sizeof(TYPE), 1) { *(NAME##_at_any_address_t *)to = VALUE; } \
  KIND(NAME##_volatile, sizeof(TYPE), _Alignof(TYPE)) { *(volatile TYPE *)to = VALUE; }    \
  KIND(NAME##_volatile_at_any_address, sizeof(TYPE), 1) { *(volatile NAME##_at_any_address_t *)to = VALUE; }

enum small { nothing, something };
typedef _Bool boolean;
typedef void *pointer;
typedef float _Complex complex_float;
typedef double _Complex complex_double;
typedef long double _Complex complex_long_double;
typedef unsigned __int128 wide;
typedef unsigned _BitInt(7) bits_7;
typedef unsigned _BitInt(17) bits_17;
typedef unsigned _BitInt(65) bits_65;
typedef unsigned _BitInt(128) bits_128;

SCALAR(int8, uint8_t, (uint8_t)seed)
SCALAR(int16, uint16_t, (uint16_t)seed)
SCALAR(int32, uint32_t, (uint32_t)seed)
SCALAR(int64, uint64_t, seed)
SCALAR(int128, wide, (wide)seed << 64 | seed)
SCALAR(bool_, boolean, (seed & 1) != 0)
SCALAR(enum_, enum small, (enum small)(seed & 1))
SCALAR(pointer_, pointer, (void *)seed)
SCALAR(float16, _Float16, (_Float16)(float)(seed & 0x3ff))
SCALAR(float_, float, (float)seed)
SCALAR(double_, double, (double)seed)
SCALAR(long_double, long double, (long double)seed)
SCALAR(complex_float_, complex_float, (float)seed + 2.0f * (float)seed * _Complex_I)
SCALAR(complex_double_, complex_double, (double)seed + 2.0 * (double)seed * _Complex_I)
SCALAR(complex_long_double_, complex_long_double, (long double)seed + 2.0L * (long double)seed * _Complex_I)
SCALAR(bit_int_7, bits_7, (bits_7)seed)
SCALAR(bit_int_17, bits_17, (bits_17)seed)
SCALAR(bit_int_65, bits_65, (bits_65)seed << 1 | 1)
SCALAR(bit_int_128, bits_128, (bits_128)seed << 64 | seed)

// Where an address is not what its type promises: undefined in C, and what storage engines do on x86.
#define MISALIGNED(NAME, TYPE, VALUE) \
  KIND(NAME##_misaligned, sizeof(TYPE), 1) { *(TYPE *)opaque_pointer(to) = VALUE; }
MISALIGNED(int16, uint16_t, (uint16_t)seed)
MISALIGNED(int32, uint32_t, (uint32_t)seed)
MISALIGNED(int64, uint64_t, seed)
MISALIGNED(pointer_, pointer, (void *)seed)
MISALIGNED(float_, float, (float)seed)
MISALIGNED(double_, double, (double)seed)
MISALIGNED(long_double, long double, (long double)seed)

// Constants: the optimiser may merge or widen them.
KIND(constant_int8, 1, 1) { *to = 1; }
KIND(constant_int32, 4, 4) { *(uint32_t *)to = 1; }
KIND(constant_int64, 8, 8) { *(uint64_t *)to = 0; }
KIND(constant_double, 8, 8) { *(double *)to = 1.5; }

// Neighbours, which become one wider store, or share a check.
KIND(eight_bytes_one_by_one, 8, 1) {
  to[0] = (byte)seed, to[1] = (byte)(seed >> 8), to[2] = (byte)(seed >> 16), to[3] = (byte)(seed >> 24);
  to[4] = (byte)(seed >> 32), to[5] = (byte)(seed >> 40), to[6] = (byte)(seed >> 48),
  to[7] = (byte)(seed >> 56);
}
KIND(far_apart, 3000, 8) {
  *(uint64_t *)to = seed;
  *(uint64_t *)(to + 1000) = seed;
  *(uint64_t *)(to + 2992) = seed;
}
KIND(downwards, 600, 8) {
  *(uint64_t *)(to + 592) = seed;
  *(uint64_t *)(to + 300 / 8 * 8) = seed;
  *(uint64_t *)to = seed;
}
KIND(overlapping, 12, 4) {
  *(volatile uint64_t *)(to + 4 * (seed & 1)) = seed;
  *(uint32_t *)(to + 8) = (uint32_t)seed;
}
// The first store is dead; the second must not be taken for the first.
KIND(stored_twice, 8, 8) {
  *(uint64_t *)to = 0;
  *(uint64_t *)to = seed;
}
KIND(read_modify_write, 8, 8) { *(uint64_t *)to += 1 + seed; }
KIND(increment_byte, 1, 1) { ++*to; }
KIND(exchange_two, 256, 8) {
  uint64_t *a = (uint64_t *)to, *b = (uint64_t *)(to + 248);
  const uint64_t old = *a;
  *a = *b + 1;
  *b = old;
}
