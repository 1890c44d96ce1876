// A loop that the pass marks once, at its end; compiled by snapcc. See loop_marks_test.cc.
#include <stddef.h>
#include <stdint.h>

void fill_instrumented(uint64_t *to, size_t words, uint64_t value) {
  for (size_t i = 0; i < words; ++i) to[i] = value;
  // Not memset, and a tail of its own.
  for (size_t i = 0; i < words; i += 3) to[i] = to[i] + 1;
}
