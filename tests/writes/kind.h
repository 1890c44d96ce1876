// A kind of write: a piece of code, compiled by snapcc, that stores to a managed file in one particular way.
// See harness.c for what is claimed about it and how that is checked.
#ifndef SNAPSHOT_TESTS_WRITES_KIND_H
#define SNAPSHOT_TESTS_WRITES_KIND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned char byte;

enum {
  // The bytes written depend on where: they hold addresses, say. They are not compared with ordinary memory.
  BYTES_DEPEND_ON_ADDRESS = 1,
  // Tracked even without the pass, at some or all optimisation levels: the canary does not ask for its loss.
  TRACKED_BY_INTERPOSER = 2,
};

struct kind {
  const char *name;
  const char *file;
  size_t bytes;      // it writes inside [to, to + bytes)
  size_t alignment;  // of `to`
  // Writes to `to` something that depends on seed, and is not what was there.
  void (*write)(byte *to, uint64_t seed);
  // Makes what must be there before, if that is not the harness's pattern of bytes >= 0x80; or null.
  void (*prepare)(byte *to, size_t bytes);
  int (*available)(void);  // whether this machine can do it; null: always
  unsigned flags;
  struct kind *next;
};

void register_kind(struct kind *kind);

// Commits and checks what has been written so far, in the middle of a kind. The pass knows nothing about it.
void checkpoint(void);

// Bytes, for a source operand: different ones for each seed, none the same as in the harness's pattern.
const byte *source_bytes(uint64_t seed, size_t bytes);

// The same, where the optimiser cannot see it: hides where a value comes from.
uint64_t opaque(uint64_t value);
byte *opaque_pointer(byte *pointer);

#ifdef __cplusplus
}
#endif

// KIND(name, bytes, alignment) { body, with `to` and `seed` }
#define KIND(NAME, BYTES, ALIGNMENT) KIND_WITH(NAME, BYTES, ALIGNMENT, 0, 0, 0)
#define KIND_WITH(NAME, BYTES, ALIGNMENT, PREPARE, AVAILABLE, FLAGS)                                   \
  static void NAME(byte *to, uint64_t seed);                                                           \
  __attribute__((constructor)) static void register_##NAME(void) {                                     \
    static struct kind kind = {#NAME, __FILE__, BYTES, ALIGNMENT, NAME, PREPARE, AVAILABLE, FLAGS, 0}; \
    register_kind(&kind);                                                                              \
  }                                                                                                    \
  static void NAME(byte *to, uint64_t seed __attribute__((unused)))

#endif
