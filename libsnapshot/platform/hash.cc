#include "base/hash.h"

#define XXH_INLINE_ALL
#define XXH_NO_STDLIB
#define XXH_NO_STREAM
// Unaligned reads through packed structures: the default is memcpy, which under -fno-builtin-memcpy would be
// a call per word, to a function that this library interposes.
#define XXH_FORCE_MEMORY_ACCESS 1
#include <xxhash.h>

namespace snapshot {

u64 hash_bytes(u64 seed, const void *data, u64 bytes) { return XXH3_64bits_withSeed(data, bytes, seed); }

}  // namespace snapshot
