#include "platform/hash.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using snapshot::hash_bytes;
using snapshot::u64;

TEST_CASE("the hash is XXH3: logs outlive the library that wrote them") {
  // Published test vectors of XXH3_64bits: the empty input without and with a seed.
  CHECK(hash_bytes(0, nullptr, 0) == 0x2d06800538d394c2);
  CHECK(hash_bytes(1, "", 0) == 0x4dc5b0cc826f6703);
}

TEST_CASE("the seed, each byte and the length all change the hash") {
  // 700 bytes take XXH3's path for long inputs, the others those for short ones. (Below 4 bytes a change of
  // seed can undo a change of the bytes; nothing in a log is that short.)
  for (u64 bytes : {8u, 16u, 64u, 200u, 240u, 241u, 700u}) {
    std::string data(bytes, 'x');
    std::set<u64> seen = {hash_bytes(7, data.data(), bytes), hash_bytes(8, data.data(), bytes),
                          hash_bytes(7, data.data(), bytes - 1)};
    CHECK(seen.size() == 3);
    for (u64 i = 0; i < bytes; ++i) {
      data[i] = static_cast<char>(data[i] ^ 1);
      seen.insert(hash_bytes(7, data.data(), bytes));
      data[i] = static_cast<char>(data[i] ^ 1);
    }
    CHECK(seen.size() == 3 + bytes);
  }
}

TEST_CASE("a chain of pieces depends on the pieces and on their order") {
  const auto chain = [](const std::string &a, const std::string &b) {
    return hash_bytes(hash_bytes(1, a.data(), a.size()), b.data(), b.size());
  };
  CHECK(chain("ab", "cd") == chain("ab", "cd"));
  CHECK(chain("ab", "cd") != chain("cd", "ab"));
  CHECK(chain("ab", "cd") != chain("abc", "d"));
}
