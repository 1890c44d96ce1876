// Loops: vectorised, unrolled, strided, conditional, nested, and with something in them that forbids a mark
// at the exit.
#include "kind.h"

#define ITEMS 300
#define ARRAY(NAME) KIND(NAME, ITEMS * 8, 8)
#define ITEM(I) (((uint64_t *)to)[I])

ARRAY(loop_up) {
  for (uint64_t i = 0; i < ITEMS; ++i) ITEM(i) = seed + i;
}
ARRAY(loop_down) {
  for (uint64_t i = ITEMS; i-- > 0;) ITEM(i) = seed + i;
}
ARRAY(loop_variable_end) {
  for (uint64_t i = 0; i < 1 + seed % ITEMS; ++i) ITEM(i) = seed ^ i;
}
ARRAY(loop_variable_part) {
  for (uint64_t i = seed % 100; i < 101 + seed % 200; ++i) ITEM(i) = seed ^ i;
}
ARRAY(loop_pointer) {
  for (uint64_t *p = &ITEM(0), *end = p + ITEMS; p != end; ++p) *p += seed | 1;
}
ARRAY(loop_signed_index) {
  for (int i = 0; i < ITEMS; i++) ITEM(i) = seed * (uint64_t)i;
}
ARRAY(loop_stride_8) {
  for (uint64_t i = 0; i < ITEMS; i += 8) ITEM(i) = seed + i;
}
ARRAY(loop_stride_37_words) {
  for (uint64_t i = seed % 37; i < ITEMS; i += 37) ITEM(i) = seed + i;
}
ARRAY(loop_variable_stride) {
  for (uint64_t i = 0, step = 1 + seed % 20; i < ITEMS; i += step) ITEM(i) = seed + i;
}
ARRAY(loop_stride_down) {
  for (int i = ITEMS - 1; i >= 0; i -= 3) ITEM(i) = seed + (uint64_t)i;
}
ARRAY(loop_two_stores) {
  for (uint64_t i = 0; i < ITEMS / 2; ++i) {
    ITEM(2 * i) = seed;
    ITEM(2 * i + 1) = i;
  }
}
ARRAY(loop_two_arrays) {
  for (uint64_t i = 0; i < ITEMS / 2; ++i) {
    ITEM(i) = seed;
    ITEM(ITEMS - 1 - i) = i;
  }
}
ARRAY(loop_conditional_store) {
  for (uint64_t i = 0; i < ITEMS; ++i)
    if ((seed >> i % 56 & 1) != 0) ITEM(i) = seed;
}
ARRAY(loop_conditional_last) {
  for (uint64_t i = 0; i < ITEMS; ++i)
    if (i == seed % ITEMS) ITEM(i) = seed;
}
ARRAY(loop_early_exit) {
  for (uint64_t i = 0; i < ITEMS; ++i) {
    ITEM(i) = seed;
    if (i == seed % ITEMS) break;
  }
}
ARRAY(loop_exit_by_data) {
  uint64_t x = seed, i = 0;
  do {
    ITEM(i++) = x;
    x = x * 2862933555777941757u + 3037000493u;
  } while (i < ITEMS && x % 64 != 0);
}
ARRAY(loop_return_inside) {
  for (uint64_t i = 0; i < ITEMS; ++i) {
    ITEM(i) = seed + i;
    if (i == seed % ITEMS) return;
  }
}
ARRAY(loop_continue) {
  for (uint64_t i = 0; i < ITEMS; ++i) {
    if (i % 3 == seed % 3) continue;
    ITEM(i) = seed;
  }
}
ARRAY(loop_scattered) {
  for (uint64_t i = 0; i < 50; ++i) ITEM((seed + i * i) % ITEMS) = i;
}
ARRAY(loop_histogram) {
  const byte *data = source_bytes(seed, 200);
  for (uint64_t i = 0; i < 200; ++i) ++ITEM(data[i]);
}
ARRAY(loop_prefix_sums) {
  ITEM(0) = seed;
  for (uint64_t i = 1; i < ITEMS; ++i) ITEM(i) = ITEM(i - 1) + i;
}
ARRAY(loop_same_place) {
  for (uint64_t i = 0; i < ITEMS; ++i) ITEM(seed % ITEMS) += i * seed + 1;
}
ARRAY(loop_nested) {
  for (uint64_t row = 0; row < 10; ++row)
    for (uint64_t column = 0; column < 30; ++column) ITEM(row * 30 + column) = row ^ column ^ seed;
}
ARRAY(loop_nested_transposed) {
  for (uint64_t column = 0; column < 30; ++column)
    for (uint64_t row = 0; row < 10; ++row) ITEM(row * 30 + column) = seed + row;
}
ARRAY(loop_triangle) {
  for (uint64_t row = 0; row < 20; ++row)
    for (uint64_t column = 0; column < row; ++column) ITEM(row * 15 + column % 15) = seed;
}
ARRAY(loop_unrolled) {
#pragma clang loop unroll_count(8)
  for (uint64_t i = 0; i < ITEMS; ++i) ITEM(i) = seed * i;
}
ARRAY(loop_not_vectorised) {
#pragma clang loop vectorize(disable) unroll(disable)
  for (uint64_t i = 0; i < ITEMS; ++i) ITEM(i) = seed * i;
}
KIND(loop_bytes, 999, 1) {
  for (uint64_t i = 0; i < 999; ++i) to[i] = (byte)((seed + i) & 0x7f);
}
KIND(loop_int16, 998, 2) {
  for (uint64_t i = 0; i < 499; ++i) ((uint16_t *)to)[i] = (uint16_t)(seed + i);
}
KIND(loop_floats, 1200, 4) {
  for (uint64_t i = 0; i < 300; ++i) ((float *)to)[i] = (float)(seed & 0xfff) * (float)i;
}
KIND(loop_structs, 24 * 100, 8) {
  struct item {
    uint64_t a;
    uint32_t b;
    uint16_t c;
    byte d;
  } *items = (struct item *)to;
  for (uint64_t i = 0; i < 100 * 24 / sizeof *items; ++i) {
    items[i].a = seed;
    if ((i & 1) != 0) items[i].b = (uint32_t)i;
    items[i].d = (byte)seed;
  }
}
KIND(loop_list, 64 * 16, 8) {
  uint64_t at = 0;
  for (int i = 0; i < 40; ++i) {
    uint64_t *node = (uint64_t *)(to + 16 * at);
    node[0] = seed + at;
    at = (at * 5 + seed % 8 * 2 + 1) % 64;
    node[1] = at;
  }
}
KIND(loop_struct_copies, 24 * 50, 8) {
  struct three {
    uint64_t w[3];
  };
  const struct three value = {{seed, 1, seed}};
  for (uint64_t i = 0; i < 50; ++i) ((struct three *)to)[i] = value;
}

// A commit in the loop: marking at the exit would be too late.
ARRAY(loop_with_commits) {
  for (uint64_t i = 0; i < ITEMS; ++i) {
    ITEM(i) = seed;
    if (i % 50 == 7) checkpoint();
  }
}
ARRAY(loop_with_calls) {
  for (uint64_t i = 0; i < 20; ++i) {
    ITEM(i * 8) = seed;
    checkpoint();
    ITEM(i * 8 + 1) = seed;
  }
}
ARRAY(loop_volatile) {
  for (uint64_t i = 0; i < ITEMS; ++i) *(volatile uint64_t *)&ITEM(i) = seed;
}
ARRAY(loop_with_volatile_flag) {
  volatile uint64_t flag = 0;
  for (uint64_t i = 0; i < ITEMS; ++i) {
    ITEM(i) = seed;
    flag = i;
  }
  (void)flag;
}
ARRAY(loop_with_atomic) {
  uint64_t done = 0;
  for (uint64_t i = 0; i < ITEMS; ++i) {
    ITEM(i) = seed;
    __atomic_store_n(&done, i, __ATOMIC_RELEASE);
  }
}
ARRAY(loop_with_barrier) {
  for (uint64_t i = 0; i < ITEMS; ++i) {
    ITEM(i) = seed;
    __asm__ volatile("" ::: "memory");
  }
}
ARRAY(loop_never_entered) {
  for (uint64_t i = opaque(5); i < 5; ++i) ITEM(i) = seed;
  ITEM(3) = seed;
}

__attribute__((target("avx2"))) static void avx2_loop(uint32_t *to, uint64_t seed) {
  for (uint64_t i = 0; i < 300; ++i)
    if ((seed >> i % 50 & 3) != 0) to[i] = (uint32_t)(seed + i);
}
__attribute__((target("avx512f,avx512vl,avx512bw"))) static void avx512_loop(uint32_t *to, uint64_t seed) {
  for (uint64_t i = 0; i < 300; ++i)
    if ((seed >> i % 50 & 3) != 0) to[i * 2] = (uint32_t)(seed + i);
}
static int has_avx2(void) { return __builtin_cpu_supports("avx2"); }
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
KIND_WITH(loop_masked_avx2, 1200, 4, 0, has_avx2, 0) { avx2_loop((uint32_t *)to, seed); }
KIND_WITH(loop_masked_avx512, 2400, 4, 0, has_avx512, 0) { avx512_loop((uint32_t *)to, seed); }
