// 64-bit checksums: XXH3 (Yann Collet, xxhash.com). For torn and damaged data, not against an adversary who
// can compute it: recovery bounds everything it reads besides.
#pragma once
#include "base/layout.h"

namespace snapshot {

// Hash of the bytes, seeded with seed: chaining pieces is hash_bytes(hash_bytes(seed, a), b).
u64 hash_bytes(u64 seed, const void *data, u64 bytes);

}  // namespace snapshot
