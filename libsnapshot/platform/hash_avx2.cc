#include "platform/hash_xxh3.h"

namespace snapshot {
u64 hash_bytes_avx2(u64 seed, const void *data, u64 bytes) { return XXH3_64bits_withSeed(data, bytes, seed); }
}  // namespace snapshot
