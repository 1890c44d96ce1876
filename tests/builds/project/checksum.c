#include "ledger.h"

uint32_t checksum(const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  uint32_t sum = 2166136261u;
  for (size_t i = 0; i < count; ++i) sum = (sum ^ at[i]) * 16777619u;
  return sum;
}
