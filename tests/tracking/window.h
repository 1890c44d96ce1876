// A window of a managed file, and the steps of a generated program that write to it. See window.c.
#ifndef SNAPSHOT_TESTS_TRACKING_WINDOW_H
#define SNAPSHOT_TESTS_TRACKING_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned char byte;

// Writes inside [to, to + bytes), and something else for another seed.
struct step {
  const char *name;
  int line;  // of the program
  size_t bytes, alignment;
  void (*write)(byte *to, uint64_t seed);
};
// The program's.
extern const struct step steps[];
extern const int step_count;

// Commits and compares, in the middle of a step.
void checkpoint(void);

// Bytes for source operands.
const byte *source_bytes(uint64_t seed);
enum { source_bytes_max = 16384 };

// The same, where the optimiser cannot see it.
uint64_t opaque(uint64_t value);
byte *opaque_pointer(byte *pointer);

#ifdef __cplusplus
}
#endif
#endif
