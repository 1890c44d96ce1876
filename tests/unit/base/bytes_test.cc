#include "base/bytes.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

namespace s = snapshot;

TEST_CASE("copy_bytes and fill_bytes touch exactly the bytes they are given") {
  for (s::u64 count : {0u, 1u, 7u, 8u, 63u, 64u, 65u, 4097u}) {
    std::string from(count, 'f'), to(count + 2, '.');
    s::copy_bytes(to.data() + 1, from.data(), count);
    CHECK(to == "." + from + ".");
    s::fill_bytes(to.data() + 1, 'z', count);
    CHECK(to == "." + std::string(count, 'z') + ".");
  }
}

TEST_CASE("copy_line copies one line") {
  alignas(64) char from[64], to[192];
  for (int i = 0; i < 64; ++i) from[i] = static_cast<char>(i + 1);
  std::memset(to, '.', sizeof to);
  s::copy_line(to + 64, from);
  CHECK(std::memcmp(to + 64, from, 64) == 0);
  CHECK(std::string(to, 64) == std::string(64, '.'));
  CHECK(std::string(to + 128, 64) == std::string(64, '.'));
}

TEST_CASE("equal_bytes finds a difference at any place and none in nothing") {
  CHECK(s::equal_bytes("a", "b", 0));
  for (s::u64 at = 0; at < 130; ++at) {
    std::string a(130, 'x'), b = a;
    CHECK(s::equal_bytes(a.data(), b.data(), a.size()));
    b[at] = 'y';
    CHECK_FALSE(s::equal_bytes(a.data(), b.data(), a.size()));
    CHECK(s::equal_bytes(a.data(), b.data(), at));
  }
}

TEST_CASE("equal_text compares to the end of both") {
  CHECK(s::equal_text("", ""));
  CHECK(s::equal_text("abc", "abc"));
  CHECK_FALSE(s::equal_text("abc", "abcd"));
  CHECK_FALSE(s::equal_text("abcd", "abc"));
  CHECK(s::length_of("") == 0);
  CHECK(s::length_of("abc") == 3);
}
