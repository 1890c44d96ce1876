// Built by snapcc, loaded by a program that is not: its stores are tracked all the same.
#include <stdint.h>

void plugin_store(uint64_t *to, uint64_t value) { *to = value; }
void plugin_fill(uint64_t *to, uint64_t value, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) to[i] = value + i;
}
