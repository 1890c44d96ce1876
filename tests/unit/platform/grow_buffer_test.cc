#include "platform/grow_buffer.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "in_child.h"

using snapshot::GrowBuffer;
using snapshot::u64;

TEST_CASE("a growing buffer keeps what it holds") {
  GrowBuffer<u64> buffer;
  for (u64 i = 0; i < 100000; ++i) REQUIRE(buffer.push(i * 3).ok());
  REQUIRE(buffer.size() == 100000);
  bool same = true;
  for (u64 i = 0; i < buffer.size(); ++i) same = same && buffer[i] == i * 3;
  CHECK(same);
  buffer.release();
  CHECK(buffer.capacity() == 0);
}

TEST_CASE("trim gives back what has grown large and keeps what is small") {
  GrowBuffer<u64> buffer;
  REQUIRE(buffer.reserve(100).ok());
  buffer.trim(1 << 20);
  CHECK(buffer.capacity() >= 100);
  REQUIRE(buffer.reserve(1 << 20).ok());
  buffer.trim(1 << 20);
  CHECK(buffer.capacity() == 0);
}

TEST_CASE("swap exchanges contents") {
  GrowBuffer<u64> a, b;
  REQUIRE(a.push(1).ok());
  a.swap(b);
  CHECK(a.size() == 0);
  REQUIRE(b.size() == 1);
  CHECK(b[0] == 1);
  b.release();
}

TEST_CASE("when memory runs out the buffer stays as it was") {
  CHECK(test::in_child([] {
          GrowBuffer<u64> buffer;
          if (!buffer.push(42).ok()) return 1;
          const u64 capacity = buffer.capacity();
          const rlimit limit = {1 << 20, 1 << 20};
          if (setrlimit(RLIMIT_AS, &limit) != 0) return 4;
          if (buffer.reserve(u64{1} << 30).error != ENOMEM) return 2;
          return buffer.size() == 1 && buffer[0] == 42 && buffer.capacity() == capacity ? 0 : 3;
        }) == 0);
}
