// XXH3, compiled into the file that includes this, for the instructions that this file may use. The results
// are the same on all of them.
#pragma once
#include "base/layout.h"

#define XXH_INLINE_ALL
#define XXH_NO_STDLIB
#define XXH_NO_STREAM
// Unaligned reads through packed structures: the default is memcpy, which under -fno-builtin-memcpy would be
// a call per word, to a function that this library interposes.
#define XXH_FORCE_MEMORY_ACCESS 1
#include <xxhash.h>

namespace snapshot {

u64 hash_bytes_avx2(u64 seed, const void *data, u64 bytes);
u64 hash_bytes_avx512(u64 seed, const void *data, u64 bytes);

}  // namespace snapshot
