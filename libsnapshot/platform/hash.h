// 64-bit checksums of lines, for torn and damaged data. Not against an adversary who knows the key, and that
// is whoever can read the log: recovery bounds everything it reads besides.
//
// A line's words are multiplied pairwise, each with a word of the key added, and the lines are the
// coefficients of a polynomial in a factor, all in the field GF(2^64): CLNH (Lemire, Kaser, "Faster 64-bit
// universal hashing using carry-less multiplications", J. Cryptographic Engineering 2016) under Horner's
// rule. FORMAT.md has it as a formula. Two different runs of n lines that do not depend on the key have the
// same checksum with a probability of (n + 1) / 2^64. A CRC could not promise that: to the CRC of a record, a
// program's blocks that end with the same CRC of their own look like zeros, torn or not.
//
// Two carry-less multiplications per line and pair of words are also the least instructions that we know, and
// a small commit is bound by those: 0.4 of XXH3's for the three checksums of two lines.
#pragma once
#include "base/layout.h"

namespace snapshot {

struct HashKey {
  alignas(kLineBytes) u64 word[kLineBytes / sizeof(u64)];
  u64 factor[2];  // the polynomial's, and the same times x^64

  // Expands the number; of a log, its log_id.
  explicit HashKey(u64 id);
  HashKey() : HashKey(0) {}
};

// The checksum of whole lines, seeded. Chains: of a and then b it is
// hash_lines(key, hash_lines(key, seed, a), b).
u64 hash_lines(const HashKey &key, u64 seed, const void *data, u64 bytes);

// The same in the ways that machines have, for tests; nullptr: not on this one. The first needs nothing.
using HashLines = u64 (*)(const HashKey &key, u64 seed, const void *data, u64 bytes);
inline constexpr unsigned kHashWays = 4;
HashLines hash_way(unsigned way);

}  // namespace snapshot
