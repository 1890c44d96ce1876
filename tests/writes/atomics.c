// Atomic operations of 1 to 16 bytes and of odd sizes, old and new builtins, and what they return through
// pointers.
#include <stdatomic.h>
#include <stdbool.h>

#include "kind.h"

typedef unsigned __int128 int128;
struct odd {
  byte b[24];
};

#define ATOMICS(NAME, TYPE, VALUE)                                                                        \
  KIND(NAME##_store, sizeof(TYPE), sizeof(TYPE)) { atomic_store((_Atomic TYPE *)to, VALUE); }             \
  KIND(NAME##_store_relaxed, sizeof(TYPE), sizeof(TYPE)) {                                                \
    atomic_store_explicit((_Atomic TYPE *)to, VALUE, memory_order_relaxed);                               \
  }                                                                                                       \
  KIND(NAME##_assigned, sizeof(TYPE), sizeof(TYPE)) { *(_Atomic TYPE *)to = VALUE; }                      \
  KIND(NAME##_exchange, sizeof(TYPE), sizeof(TYPE)) { (void)atomic_exchange((_Atomic TYPE *)to, VALUE); } \
  KIND(NAME##_cas_strong, sizeof(TYPE), sizeof(TYPE)) {                                                   \
    TYPE expected = *(TYPE *)to;                                                                          \
    (void)atomic_compare_exchange_strong((_Atomic TYPE *)to, &expected, VALUE);                           \
  }                                                                                                       \
  KIND(NAME##_cas_weak, sizeof(TYPE), sizeof(TYPE)) {                                                     \
    TYPE expected = atomic_load((_Atomic TYPE *)to);                                                      \
    while (!atomic_compare_exchange_weak_explicit((_Atomic TYPE *)to, &expected, VALUE,                   \
                                                  memory_order_release, memory_order_relaxed)) {          \
    }                                                                                                     \
  }                                                                                                       \
  /* Fails, and writes what it found to the file. */                                                      \
  KIND(NAME##_cas_expected, sizeof(TYPE), sizeof(TYPE)) {                                                 \
    _Atomic TYPE elsewhere = VALUE;                                                                       \
    (void)atomic_compare_exchange_strong(&elsewhere, (TYPE *)to, VALUE);                                  \
  }                                                                                                       \
  KIND(NAME##_exchange_result, sizeof(TYPE), sizeof(TYPE)) {                                              \
    TYPE elsewhere = VALUE, other = VALUE;                                                                \
    __atomic_exchange(&elsewhere, &other, (TYPE *)to, __ATOMIC_SEQ_CST);                                  \
  }                                                                                                       \
  KIND(NAME##_load_result, sizeof(TYPE), sizeof(TYPE)) {                                                  \
    TYPE elsewhere = VALUE;                                                                               \
    __atomic_load(&elsewhere, (TYPE *)to, __ATOMIC_SEQ_CST);                                              \
  }

static void zero(byte *to, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to[i] = 0;
}

// With the result used as well as not: the instructions differ.
#define FETCH_AND(NAME, TYPE, OPERATION, PREPARE, FUNCTION, VALUE)                      \
  KIND_WITH(NAME##_##OPERATION, 2 * sizeof(TYPE), sizeof(TYPE), PREPARE, 0, 0) {        \
    (void)FUNCTION((TYPE *)to, VALUE, __ATOMIC_SEQ_CST);                                \
  }                                                                                     \
  KIND_WITH(NAME##_##OPERATION##_used, 2 * sizeof(TYPE), sizeof(TYPE), PREPARE, 0, 0) { \
    ((TYPE *)to)[1] = (TYPE)(FUNCTION((TYPE *)to, VALUE, __ATOMIC_RELAXED) + 3);        \
  }
#define FETCHES(NAME, TYPE)                                                    \
  FETCH_AND(NAME, TYPE, fetch_add, 0, __atomic_fetch_add, (TYPE)(seed | 1))    \
  FETCH_AND(NAME, TYPE, fetch_sub, 0, __atomic_fetch_sub, (TYPE)(seed | 1))    \
  FETCH_AND(NAME, TYPE, fetch_and, 0, __atomic_fetch_and, (TYPE)0x7f)          \
  FETCH_AND(NAME, TYPE, fetch_or, zero, __atomic_fetch_or, (TYPE)(seed | 1))   \
  FETCH_AND(NAME, TYPE, fetch_xor, 0, __atomic_fetch_xor, (TYPE)(seed | 1))    \
  FETCH_AND(NAME, TYPE, fetch_nand, zero, __atomic_fetch_nand, (TYPE)0x7f)     \
  FETCH_AND(NAME, TYPE, fetch_max, zero, __atomic_fetch_max, (TYPE)(seed | 1)) \
  FETCH_AND(NAME, TYPE, fetch_min, 0, __atomic_fetch_min, (TYPE)1)             \
  FETCH_AND(NAME, TYPE, add_fetch, 0, __atomic_add_fetch, (TYPE)(seed | 1))    \
  FETCH_AND(NAME, TYPE, one_added, 0, __atomic_fetch_add, 1)                   \
  FETCH_AND(NAME, TYPE, one_taken, 0, __atomic_sub_fetch, 1)

ATOMICS(atomic_8, uint8_t, (uint8_t)seed)
ATOMICS(atomic_16, uint16_t, (uint16_t)seed)
ATOMICS(atomic_32, uint32_t, (uint32_t)seed)
ATOMICS(atomic_64, uint64_t, seed)
ATOMICS(atomic_128, int128, ((int128)seed << 64 | seed))
FETCHES(atomic_8, uint8_t)
FETCHES(atomic_16, uint16_t)
FETCHES(atomic_32, uint32_t)
FETCHES(atomic_64, uint64_t)

KIND(atomic_boolean, 1, 1) { atomic_store((_Atomic bool *)to, seed & 1); }
KIND(atomic_flag_set, 1, 1) { (void)atomic_flag_test_and_set((atomic_flag *)to); }
KIND(atomic_flag_cleared, 1, 1) { atomic_flag_clear((atomic_flag *)to); }
KIND(atomic_pointer, 8, 8) { atomic_store((_Atomic(void *) *)to, (void *)seed); }
KIND_WITH(atomic_double_added, 8, 8, zero, 0, 0) { *(_Atomic double *)to += 1.0 + (double)seed; }
KIND(atomic_increment, 4, 4) { ++*(_Atomic uint32_t *)to; }
KIND(atomic_multiplied, 8, 8) { *(_Atomic uint64_t *)to *= 2 + seed; }

// Not lock-free: libatomic's functions do it.
KIND_WITH(atomic_odd_size, sizeof(struct odd), 8, 0, 0, TRACKED_BY_INTERPOSER) {
  __atomic_store((struct odd *)to, (struct odd *)(uintptr_t)source_bytes(seed, sizeof(struct odd)),
                 __ATOMIC_SEQ_CST);
}
KIND_WITH(atomic_odd_size_exchange, 2 * sizeof(struct odd), 8, 0, 0, TRACKED_BY_INTERPOSER) {
  __atomic_exchange((struct odd *)to, (struct odd *)(uintptr_t)source_bytes(seed, sizeof(struct odd)),
                    (struct odd *)to + 1, __ATOMIC_SEQ_CST);
}
KIND_WITH(atomic_odd_size_assigned, sizeof(struct odd), 8, 0, 0, TRACKED_BY_INTERPOSER) {
  *(_Atomic struct odd *)to = *(const struct odd *)source_bytes(seed, sizeof(struct odd));
}
KIND_WITH(atomic_odd_size_cas, sizeof(struct odd), 8, 0, 0, TRACKED_BY_INTERPOSER) {
  struct odd expected = *(struct odd *)to;
  (void)__atomic_compare_exchange((struct odd *)to, &expected,
                                  (struct odd *)(uintptr_t)source_bytes(seed, sizeof(struct odd)), false,
                                  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
// Not aligned: the same.
typedef uint64_t any_address __attribute__((aligned(1)));
KIND(atomic_64_at_any_address, 8, 1) { __atomic_store_n((any_address *)to, seed, __ATOMIC_SEQ_CST); }
KIND(atomic_64_add_at_any_address, 8, 1) {
  (void)__atomic_fetch_add((any_address *)to, seed | 1, __ATOMIC_SEQ_CST);
}

KIND(sync_fetch_and_add, 8, 8) { (void)__sync_fetch_and_add((uint64_t *)to, seed | 1); }
KIND(sync_compare_and_swap, 8, 8) {
  (void)__sync_bool_compare_and_swap((uint64_t *)to, *(uint64_t *)to, seed);
}
KIND(sync_lock_test_and_set, 4, 4) { (void)__sync_lock_test_and_set((uint32_t *)to, (uint32_t)seed); }
KIND(sync_lock_release, 4, 4) { __sync_lock_release((uint32_t *)to); }
__attribute__((target("cx16"), noinline)) static void wide_swap(int128 *to, int128 value) {
  (void)__sync_bool_compare_and_swap(to, *to, value);
}
KIND(sync_compare_and_swap_128, 16, 16) { wide_swap((int128 *)to, (int128)seed << 64 | seed); }

// What follows an atomic in the same block, and a loop of them.
KIND(atomic_between_plain, 256, 8) {
  *(uint64_t *)to = seed;
  (void)__atomic_fetch_add((uint64_t *)(to + 128), seed | 1, __ATOMIC_RELAXED);
  *(uint64_t *)(to + 248) = seed;
}
KIND(atomic_loop, 800, 8) {
  for (uint64_t i = 0; i < 100; ++i) (void)__atomic_fetch_xor((uint64_t *)to + i, seed | 1, __ATOMIC_RELAXED);
}
KIND(fence_between_plain, 256, 8) {
  *(uint64_t *)to = seed;
  atomic_thread_fence(memory_order_seq_cst);
  *(uint64_t *)(to + 248) = seed;
}
