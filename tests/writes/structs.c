// Structs as a whole: copies of every size up to two lines and some larger ones, results, arguments, unions.
#include <stdarg.h>
#include <string.h>

#include "kind.h"

// COPY: bytes, no alignment. WORDS: the copy uses wider registers.
#define COPY(N)                                                                 \
  struct bytes_##N {                                                            \
    byte b[N];                                                                  \
  };                                                                            \
  KIND_WITH(struct_copy_##N, N, 1, 0, 0, N > 128 ? TRACKED_BY_INTERPOSER : 0) { \
    *(struct bytes_##N *)to = *(const struct bytes_##N *)source_bytes(seed, N); \
  }
#define WORDS(N)                                                                         \
  struct words_##N {                                                                     \
    uint64_t w[N / 8];                                                                   \
  };                                                                                     \
  KIND_WITH(struct_copy_of_words_##N, N, 8, 0, 0, N > 128 ? TRACKED_BY_INTERPOSER : 0) { \
    *(struct words_##N *)to = *(const struct words_##N *)source_bytes(seed, N);          \
  }
#define COPY_8(A, B, C, D, E, F, G, H) COPY(A) COPY(B) COPY(C) COPY(D) COPY(E) COPY(F) COPY(G) COPY(H)

COPY_8(1, 2, 3, 4, 5, 6, 7, 8)
COPY_8(9, 10, 11, 12, 13, 14, 15, 16)
COPY_8(17, 18, 19, 20, 21, 22, 23, 24)
COPY_8(25, 26, 27, 28, 29, 30, 31, 32)
COPY_8(33, 34, 35, 36, 37, 38, 39, 40)
COPY_8(41, 42, 43, 44, 45, 46, 47, 48)
COPY_8(49, 50, 51, 52, 53, 54, 55, 56)
COPY_8(57, 58, 59, 60, 61, 62, 63, 64)
COPY_8(65, 71, 96, 120, 127, 128, 129, 200)
COPY_8(255, 256, 257, 512, 1000, 1024, 4096, 5000)
WORDS(8);
WORDS(16);
WORDS(24);
WORDS(32);
WORDS(40);
WORDS(48);
WORDS(56);
WORDS(64);
WORDS(72);
WORDS(128);
WORDS(136);

struct pair {
  uint64_t first, second;
};
struct mixed {
  char c;
  double d;
  uint16_t s[3];
  long double l;
  struct pair p;
};
struct __attribute__((packed)) packed {
  char c;
  uint64_t w;
  uint16_t s;
  double d;
};
struct flexible {
  uint32_t count;
  uint16_t items[];
};
union either {
  byte small;
  uint64_t large[5];
};

KIND(struct_pair_literal, 16, 8) { *(struct pair *)to = (struct pair){seed, ~seed}; }
KIND(struct_zeroed, sizeof(struct mixed), 16) { *(struct mixed *)to = (struct mixed){0}; }
KIND(struct_mostly_zero, sizeof(struct mixed), 16) {
  *(struct mixed *)to = (struct mixed){.s = {1, (uint16_t)seed}, .p = {.second = seed}};
}
KIND(struct_members, sizeof(struct mixed), 16) {
  struct mixed *m = (struct mixed *)to;
  m->c = (char)seed;
  m->d = (double)seed;
  m->s[seed % 3] = (uint16_t)seed;
  m->l = (long double)seed;
  m->p.second = seed;
}
KIND(struct_packed_members, sizeof(struct packed), 1) {
  struct packed *p = (struct packed *)to;
  p->c = 1;
  p->w = seed;
  p->s = (uint16_t)seed;
  p->d = (double)seed;
}
KIND(struct_packed_literal, sizeof(struct packed), 1) {
  *(struct packed *)to = (struct packed){'a', seed, 2, 3.0};
}
KIND(struct_volatile_copy, 24, 8) {
  *(volatile struct words_24 *)to = *(const struct words_24 *)source_bytes(seed, 24);
}
KIND(struct_array_element, 10 * sizeof(struct pair), 8) {
  ((struct pair *)to)[seed % 10] = (struct pair){seed, seed};
}
KIND(struct_flexible, sizeof(struct flexible) + 64, 4) {
  struct flexible *f = (struct flexible *)to;
  f->count = 32;
  f->items[31] = (uint16_t)seed;
  f->items[seed % 31] = (uint16_t)seed;
}
KIND(union_small, sizeof(union either), 8) { ((union either *)to)->small = (byte)seed; }
KIND(union_large, sizeof(union either), 8) { ((union either *)to)->large[4] = seed; }
KIND(union_copy, sizeof(union either), 8) {
  *(union either *)to = *(const union either *)source_bytes(seed, 40);
}

// From one place in the file to another.
KIND_WITH(struct_copy_inside_the_file, 2048, 8, 0, 0, TRACKED_BY_INTERPOSER) {
  *(struct bytes_1000 *)(to + 1040) = *(struct bytes_1000 *)to;
  to[1040] = (byte)seed;
}

__attribute__((noinline)) static struct pair two_registers(uint64_t seed) {
  return (struct pair){seed, seed + 1};
}
__attribute__((noinline)) static struct bytes_200 in_memory(uint64_t seed) {
  return *(const struct bytes_200 *)source_bytes(seed, 200);
}
static struct bytes_200 inlined(uint64_t seed) {
  struct bytes_200 result = *(const struct bytes_200 *)source_bytes(seed, 200);
  result.b[100] = (byte)seed;
  return result;
}
KIND(result_in_registers, 16, 8) { *(struct pair *)to = two_registers(seed); }
KIND_WITH(result_in_memory, 200, 1, 0, 0, TRACKED_BY_INTERPOSER) {
  *(struct bytes_200 *)to = in_memory(seed);
}
KIND_WITH(result_inlined, 200, 1, 0, 0, TRACKED_BY_INTERPOSER) { *(struct bytes_200 *)to = inlined(seed); }
KIND_WITH(result_through_pointer, 200, 1, 0, 0, TRACKED_BY_INTERPOSER) {
  struct bytes_200 (*volatile call)(uint64_t) = in_memory;
  *(struct bytes_200 *)to = call(seed);
}

__attribute__((noinline)) static void store_argument(struct bytes_200 *to, struct bytes_200 value) {
  *to = value;
}
__attribute__((noinline)) static void store_registers(struct pair *to, struct pair value) { *to = value; }
KIND_WITH(argument_by_value, 200, 1, 0, 0, TRACKED_BY_INTERPOSER) {
  store_argument((struct bytes_200 *)to, *(const struct bytes_200 *)source_bytes(seed, 200));
}
KIND(argument_in_registers, 16, 8) { store_registers((struct pair *)to, (struct pair){seed, seed}); }

__attribute__((noinline)) static void store_variadic(byte *to, ...) {
  va_list arguments, copy;
  va_start(arguments, to);
  *(struct words_24 *)to = va_arg(arguments, struct words_24);
  *(long double *)(to + 32) = va_arg(arguments, long double);
  *(struct pair *)(to + 48) = va_arg(arguments, struct pair);
  va_copy(copy, arguments);
  *(int *)(to + 64) = va_arg(copy, int);
  *(double *)(to + 72) = va_arg(copy, double);
  va_end(copy);
  va_end(arguments);
}
KIND(arguments_variadic, 80, 16) {
  const struct words_24 words = {{seed, seed, seed}};
  store_variadic(to, words, (long double)seed, (struct pair){seed, seed}, (int)(seed & 0xffff), (double)seed);
}

KIND(array_literal, 40, 8) { memcpy(to, (const uint64_t[]){seed, 1, seed, 2, 3}, 40); }
