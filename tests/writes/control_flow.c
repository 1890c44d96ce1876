// Where a store stands: before a return, a call that commits, a tail call, a jump out, in a switch.
#include <setjmp.h>
#include <stdlib.h>

#include "kind.h"

#define WORD(I) (((uint64_t *)to)[I])

KIND(before_return, 8, 8) {
  WORD(0) = seed;
  return;
}
KIND(before_commit, 8, 8) {
  WORD(0) = seed;
  checkpoint();
}
KIND(around_commits, 640, 8) {
  WORD(0) = seed;
  WORD(30) = seed;
  checkpoint();
  WORD(0) = seed + 1;
  WORD(79) = seed;
  checkpoint();
  WORD(30) = seed + 1;
}
KIND(same_word_around_commit, 8, 8) {
  WORD(0) = seed;
  checkpoint();
  WORD(0) = seed + 1;
}
KIND(in_a_branch, 16, 8) {
  if ((seed & 1) != 0)
    WORD(0) = seed;
  else
    WORD(1) = seed;
}
KIND(in_both_branches, 8, 8) {
  if ((seed & 1) != 0) {
    WORD(0) = seed;
  } else {
    WORD(0) = seed + 1;
    checkpoint();
  }
}
KIND(before_a_branch_that_commits, 256, 8) {
  WORD(0) = seed;
  WORD(31) = seed;
  if ((seed & 1) != 0) checkpoint();
  WORD(16) = seed;
}

typedef void step(byte *to, uint64_t seed);
__attribute__((noinline)) static void callee(byte *to, uint64_t seed) {
  checkpoint();
  WORD(1) = seed;
}
KIND(before_a_tail_call, 16, 8) {
  WORD(0) = seed;
  __attribute__((musttail)) return callee(to, seed);
}
KIND(before_an_indirect_tail_call, 16, 8) {
  step *volatile next = callee;
  step *f = next;
  WORD(0) = seed;
  __attribute__((musttail)) return f(to, seed);
}
__attribute__((noinline)) static void countdown(byte *to, uint64_t n) {
  ((uint64_t *)to)[n] = n;
  if (n > 0) {
    __attribute__((musttail)) return countdown(to, n - 1);
  }
}
KIND(recursion_by_tail_calls, 50 * 8, 8) { countdown(to, 49); }
__attribute__((noinline)) static uint64_t depth(uint64_t *to, uint64_t n) {
  to[n] = n;
  return n == 0 ? 0 : depth(to, n - 1) + to[n];
}
KIND(recursion, 50 * 8, 8) { WORD(0) = depth((uint64_t *)to, 49) + seed; }

static jmp_buf target;
__attribute__((noreturn, noinline)) static void leave(void) { longjmp(target, 1); }
__attribute__((noreturn, noinline)) static void store_and_leave(byte *to, uint64_t seed) {
  WORD(0) = seed;
  leave();
}
KIND(before_a_function_that_does_not_return, 8, 8) {
  if (setjmp(target) == 0) store_and_leave(to, seed);
}
KIND(before_longjmp, 8, 8) {
  if (setjmp(target) == 0) {
    WORD(0) = seed;
    longjmp(target, 1);
  }
}
KIND(after_longjmp, 8, 8) {
  if (setjmp(target) == 0) leave();
  WORD(0) = seed;
}
KIND(before_builtin_longjmp, 8, 8) {
  void *buffer[5];
  if (__builtin_setjmp(buffer) == 0) {
    WORD(0) = seed;
    checkpoint();
    WORD(0) = seed + 1;
  }
}

// A jump table whose cases store, and one that becomes a table of values.
KIND(switch_of_stores, 128, 8) {
  switch (seed % 8) {
    case 0:
      WORD(0) = seed;
      break;
    case 1:
      *(uint32_t *)(to + 9) = 1;
      break;
    case 2:
      WORD(15) = seed;
      break;
    case 3:
      to[127] = 5;
      break;
    case 4:
      WORD(3) = seed;
      __attribute__((fallthrough));
    case 5:
      WORD(4) = seed;
      break;
    case 6:
      *(float *)(to + 60) = 1.0f;
      break;
    default:
      to[64] = 7;
  }
}
KIND(switch_of_values, 8, 8) {
  switch (seed % 8) {
    case 0:
      WORD(0) = 10;
      break;
    case 1:
      WORD(0) = 21;
      break;
    case 2:
      WORD(0) = 33;
      break;
    case 3:
      WORD(0) = 44;
      break;
    case 4:
      WORD(0) = 56;
      break;
    case 5:
      WORD(0) = 67;
      break;
    default:
      WORD(0) = 3;
  }
}
KIND(computed_goto, 32, 8) {
  static void *const labels[] = {&&first, &&second, &&third};
  goto *labels[seed % 3];
first:
  WORD(0) = seed;
  goto third;
second:
  WORD(1) = seed;
third:
  WORD(3) = seed;
}

static void store_at_cleanup(byte **to) { **to = 1; }
KIND(in_a_cleanup, 2, 1) {
  __attribute__((cleanup(store_at_cleanup), unused)) byte *guard = to;
  to[1] = (byte)(seed & 0x7f);
}
static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}
static void descending(byte *to, size_t bytes) {
  for (uint64_t i = 0; i < bytes / 8; ++i) WORD(i) = 100 - i;
}
KIND_WITH(sorted_by_libc, 800, 8, descending, 0, TRACKED_BY_INTERPOSER) { qsort(to, 100, 8, by_value); }

__attribute__((noinline, optnone)) static void not_optimised(byte *to, uint64_t seed) { WORD(0) = seed; }
KIND(in_optnone, 8, 8) { not_optimised(to, seed); }
__attribute__((noinline, minsize)) static void smallest(byte *to, uint64_t seed) { WORD(0) = seed; }
KIND(in_minsize, 8, 8) { smallest(to, seed); }
__attribute__((noinline, cold)) static void rare(byte *to, uint64_t seed) { WORD(0) = seed; }
KIND(in_cold, 8, 8) { rare(to, seed); }
__attribute__((preserve_most, noinline)) static void preserving(byte *to, uint64_t seed) { WORD(0) = seed; }
KIND(in_preserve_most, 8, 8) { preserving(to, seed); }
__attribute__((regcall, noinline)) static uint64_t many_registers(byte *to, uint64_t a, uint64_t b,
                                                                  uint64_t c, uint64_t d, uint64_t e,
                                                                  uint64_t f, uint64_t g, uint64_t h) {
  WORD(0) = a;
  WORD(20) = b;
  WORD(40) = c;
  return (a ^ b) + (c ^ d) + (e ^ f) + (g ^ h);
}
// Every register is in use across a mark: the values must survive it.
KIND(with_all_registers_in_use, 512, 8) {
  uint64_t a = opaque(seed), b = opaque(a + 1), c = opaque(b + 1), d = opaque(c + 1), e = opaque(d + 1),
           f = opaque(e + 1), g = opaque(f + 1), h = opaque(g + 1), i = opaque(h + 1), j = opaque(i + 1),
           k = opaque(j + 1);
  for (int n = 0; n < 3; ++n) {
    WORD(8 * n) = a;
    a += b ^ k, b += c ^ a, c += d ^ b, d += e ^ c, e += f ^ d, f += g ^ e, g += h ^ f, h += i ^ g,
        i += j ^ h, j += k ^ i, k += a ^ j;
    if ((a & 1) != 0) WORD(8 * n + 30) = b;
  }
  WORD(50) = many_registers(to, a, b, c, d, e, f, g, h) + i + j + k;
}
KIND(with_all_vector_registers_in_use, 512, 8) {
  double v[20];
  for (int i = 0; i < 20; ++i) v[i] = (double)(seed + (uint64_t)i);
  for (int n = 0; n < 4; ++n) {
    WORD(8 * n) = seed;
    for (int i = 0; i < 20; ++i) v[i] = v[i] * 1.5 + v[(i + 1) % 20];
  }
  for (int i = 0; i < 20; ++i) ((double *)to)[40 + i] = v[i];
}
KIND(with_x87_and_flags, 96, 16) {
  const long double x = (long double)seed;
  const int less = (int64_t)seed < (int64_t)opaque(1) << 40;
  *(long double *)to = x;
  *(long double *)(to + 16) = x * x;
  WORD(8) = seed;
  *(long double *)(to + 32) = less ? x / 3 : x / 7;
  to[95] = (byte)(1 + less);
}
