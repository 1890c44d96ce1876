#include "platform/hash.h"

#include "platform/cpu.h"
#include "platform/hash_xxh3.h"

namespace snapshot {

u64 hash_bytes(u64 seed, const void *data, u64 bytes) {
  // XXH3 uses vectors above this length only.
  if (bytes > XXH3_MIDSIZE_MAX) {
    const CpuFeatures &cpu = cpu_features();
    if (cpu.avx512) return hash_bytes_avx512(seed, data, bytes);
    if (cpu.avx2) return hash_bytes_avx2(seed, data, bytes);
  }
  return XXH3_64bits_withSeed(data, bytes, seed);
}

}  // namespace snapshot
