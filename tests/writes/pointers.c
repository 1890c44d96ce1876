// Where the pointer comes from: what looks like the stack, a global or an allocation but is not, or not
// always.
#include <stdlib.h>
#include <string.h>

#include "kind.h"

#define WORD(P) (*(uint64_t *)(P))

static byte *global_pointer;
static _Thread_local byte *thread_pointer;
static byte *global_pointers[3];
static uint64_t elsewhere;

KIND(through_a_global, 8, 8) {
  global_pointer = opaque_pointer(to);
  WORD(global_pointer) = seed;
}
KIND(through_a_thread_local, 8, 8) {
  thread_pointer = opaque_pointer(to);
  WORD(thread_pointer) = seed;
}
KIND(through_an_array_of_pointers, 8, 8) {
  global_pointers[seed % 3] = to;
  WORD(global_pointers[seed % 3]) = seed;
}
KIND(through_an_integer, 8, 8) { WORD(opaque((uint64_t)to)) = seed; }
KIND(through_arithmetic, 800, 8) { WORD(to + 8 * (seed % 100)) = seed; }
KIND(through_negative_arithmetic, 80, 8) {
  byte *end = to + 80;
  WORD(end - 8 - 8 * (seed % 10)) = seed;
}
KIND(through_bit_tricks, 8, 8) {
  const uintptr_t tagged = (uintptr_t)to | (seed & 7);
  WORD(tagged & ~(uintptr_t)7) = seed;
}
KIND(stack_or_file, 8, 8) {
  uint64_t local = 0;
  uint64_t *p = opaque(1) != 0 ? (uint64_t *)to : &local;
  *p = seed + local;
}
KIND(global_or_file, 8, 8) {
  uint64_t *p = opaque(0) != 0 ? &elsewhere : (uint64_t *)to;
  *p = seed;
}
KIND(heap_or_file, 8, 8) {
  uint64_t *heap = malloc(8);
  uint64_t *p = opaque(0) != 0 ? heap : (uint64_t *)to;
  *p = seed;
  free(heap);
}
KIND(null_or_file, 8, 8) {
  uint64_t *p = opaque(1) != 0 ? (uint64_t *)to : 0;
  if (p) *p = seed;
}
KIND(phi_in_a_loop, 80, 8) {
  uint64_t local = 0;
  uint64_t *p = &local;
  for (int i = 0; i < 11; ++i) {
    *p = seed;
    p = (uint64_t *)to + i % 10;
  }
}
// The stack holds the pointer, and not what it points to.
KIND(pointer_on_the_stack, 8, 8) {
  byte *local[4] = {to, to, to, to};
  byte **volatile p = local;
  WORD(p[seed % 4]) = seed;
}
struct handle {
  struct {
    byte *p;
  } inner;
};
__attribute__((noinline)) static void through_handle(const struct handle *handle, uint64_t seed) {
  WORD(handle->inner.p) = seed;
}
KIND(pointer_in_a_struct, 8, 8) {
  const struct handle handle = {{to}};
  through_handle(&handle, seed);
}
__attribute__((noinline)) static void by_value(struct handle handle, uint64_t seed) {
  WORD(handle.inner.p) = seed;
}
KIND(pointer_in_an_argument, 8, 8) { by_value((struct handle){{to}}, seed); }
__attribute__((noinline)) static void out(uint64_t seed, uint64_t *restrict a, uint32_t *restrict b,
                                          byte *restrict c) {
  *a = seed;
  *b = (uint32_t)seed;
  *c = (byte)seed;
}
KIND(out_parameters, 400, 8) { out(seed, (uint64_t *)to, (uint32_t *)(to + 200), to + 399); }
static inline void out_inlined(uint64_t seed, uint64_t *a) { *a = seed; }
KIND(out_parameter_inlined, 8, 8) { out_inlined(seed, (uint64_t *)to); }

// Functions that look like allocators to the compiler and hand out parts of the file.
static byte *arena;
__attribute__((malloc, noinline, returns_nonnull, alloc_size(1))) static void *allocate(size_t bytes) {
  (void)bytes;
  return opaque_pointer(arena);
}
__attribute__((noinline)) static void *reallocate(void *old, size_t bytes) {
  (void)bytes;
  return opaque_pointer(old);
}
// Somebody sees the result, or else the compiler may drop the stores.
KIND(allocated_from_the_file, 24, 8) {
  arena = to;
  uint64_t *p = allocate(24);
  p[0] = seed;
  p[2] = seed;
  opaque_pointer((byte *)p);
}
KIND(allocated_and_cleared, 100, 8) {
  arena = to;
  opaque_pointer(memset(allocate(100), 0, 100));
}
KIND(reallocated_in_the_file, 24, 8) {
  uint64_t *p = reallocate(to, 24);
  p[1] = seed;
}
// Real allocations beside it, whose pointers meet in one variable.
KIND(after_a_real_allocation, 8, 8) {
  uint64_t **cell = malloc(sizeof *cell);
  *cell = (uint64_t *)opaque_pointer(to);
  **cell = seed;
  free(cell);
}
KIND(array_of_pointers_on_the_heap, 80, 8) {
  byte **pointers = calloc(10, sizeof *pointers);
  for (int i = 0; i < 10; ++i) pointers[i] = to + 8 * i;
  for (int i = 0; i < 10; ++i) WORD(pointers[i]) = seed;
  free(pointers);
}
KIND(address_of_a_member, 64, 8) {
  struct {
    char padding[40];
    uint64_t member;
  } *p = (void *)to;
  uint64_t *member = &p->member;
  *member = seed;
}
KIND(may_alias_char, 64, 1) {
  const uint64_t value = seed;
  const byte *from = (const byte *)&value;
  for (int i = 0; i < 8; ++i) to[i * 8] = from[i];
}
