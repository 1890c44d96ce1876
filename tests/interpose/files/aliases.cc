// One file mapped several times is one set of bytes, however it is reached; and unmapping parts of it.
#include <catch2/catch.hpp>

#include "files.h"

using namespace test;

TEST_CASE("a file mapped twice is one set of bytes, and the second mapping outlives the first") {
  const DataFile file(2 * kPage);
  char *a = file.map(2 * kPage), *b = file.map(2 * kPage);
  store(a + 10, "one");
  CHECK(std::string(b + 10, 3) == "one");
  REQUIRE(munmap(a, 2 * kPage) == 0);
  CHECK(is_managed(b, 2 * kPage));
  CHECK(has_log(file.path));
  store(b + 20, "two");
  REQUIRE(munmap(b, 2 * kPage) == 0);
  CHECK(file.real_bytes(10, 13) == "one" + zeros(7) + "two");
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("mappings at different offsets alias where they overlap") {
  const DataFile file(4 * kPage);
  char *high = file.map(2 * kPage, 2 * kPage), *low = file.map(3 * kPage);
  CHECK(low + 2 * kPage == high);
  store(low + 2 * kPage + 5, 'x');
  CHECK(high[5] == 'x');
  REQUIRE(msync(high, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(2 * kPage + 5, 1) == "x");
  REQUIRE(munmap(low, 3 * kPage) == 0);
  REQUIRE(munmap(high, 2 * kPage) == 0);
}

TEST_CASE("the file is the same through another descriptor, a duplicate, and a hard or symbolic link") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, 'm');
  const std::string hard = new_path(), symbolic = new_path();
  REQUIRE(link(file.path.c_str(), hard.c_str()) == 0);
  REQUIRE(symlink(file.path.c_str(), symbolic.c_str()) == 0);
  for (const std::string &name : {file.path, hard, symbolic}) {
    const DataFile other(name);
    char *n = other.map(kPage);
    CHECK(n == m);
    CHECK(other.seen_bytes(0, 1) == "m");
    REQUIRE(munmap(n, kPage) == 0);
  }
  const int duplicate = dup(file.fd);
  char byte = 0;
  CHECK(pread(duplicate, &byte, 1, 0) == 1);
  CHECK(byte == 'm');
  close(duplicate);
  CHECK(is_managed(m, kPage));
  REQUIRE(munmap(m, kPage) == 0);
  CHECK(raw_bytes(hard)[0] == 'm');
  CHECK_FALSE(has_log(hard));
  CHECK_FALSE(has_log(symbolic));
}

TEST_CASE("the mapping outlives the descriptor, the name, and a new name") {
  DataFile file(kPage);
  char *m = file.map(kPage);
  REQUIRE(close(file.fd) == 0);
  file.fd = -1;
  store(m, "later");
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(0, 5) == "later");

  SECTION("renamed") {
    const std::string moved = new_path();
    REQUIRE(rename(file.path.c_str(), moved.c_str()) == 0);
    store(m, "moved");
    REQUIRE(munmap(m, kPage) == 0);
    CHECK(raw_bytes(moved).substr(0, 5) == "moved");
  }
  SECTION("removed") {
    REQUIRE(unlink(file.path.c_str()) == 0);
    store(m, "gone!");
    CHECK(msync(m, kPage, MS_SYNC) == 0);
    REQUIRE(munmap(m, kPage) == 0);
  }
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("unmapping a part commits it and leaves the rest pending") {
  const DataFile file(4 * kPage);
  char *m = file.map(4 * kPage);
  for (std::size_t i = 0; i < 4; ++i) store(m + i * kPage, static_cast<char>('a' + i));
  REQUIRE(munmap(m + kPage, 2 * kPage) == 0);
  CHECK(file.real_bytes(0, 1) == zeros(1));
  CHECK(file.real_bytes(kPage, 1) == "b");
  CHECK(file.real_bytes(2 * kPage, 1) == "c");
  CHECK(file.real_bytes(3 * kPage, 1) == zeros(1));
  CHECK(is_managed(m, kPage));
  CHECK_FALSE(is_managed(m + kPage, kPage));
  CHECK(is_managed(m + 3 * kPage, kPage));
  CHECK_FALSE(is_managed(m, 4 * kPage));
  errno = 0;
  CHECK(msync(m, 4 * kPage, MS_SYNC) == -1);
  CHECK(errno == ENOMEM);
  // What is mapped has been committed all the same.
  CHECK(file.real_bytes(0, 1) == "a");
  CHECK(file.real_bytes(3 * kPage, 1) == "d");
  REQUIRE(munmap(m, 4 * kPage) == 0);
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("what was unmapped can be mapped again at the same address") {
  const DataFile file(3 * kPage);
  char *m = file.map(3 * kPage);
  REQUIRE(munmap(m + kPage, kPage) == 0);
  CHECK(file.map(kPage, kPage) == m + kPage);
  CHECK(is_managed(m, 3 * kPage));
  store(m + kPage - 2, "four");
  REQUIRE(msync(m, 3 * kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(kPage - 2, 4) == "four");
  REQUIRE(munmap(m, 3 * kPage) == 0);
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("one munmap may span files, gaps and what is not managed") {
  const DataFile first(kPage), second(kPage);
  char *a = first.map(kPage), *b = second.map(kPage);
  store(a, 'a');
  store(b, 'b');
  char *low = std::min(a, b), *high = std::max(a, b);
  REQUIRE(munmap(low, static_cast<std::size_t>(high - low) + kPage) == 0);
  CHECK(first.real_bytes(0, 1) == "a");
  CHECK(second.real_bytes(0, 1) == "b");
  CHECK_FALSE(has_log(first.path));
  CHECK_FALSE(has_log(second.path));
  CHECK(munmap(low, kPage) == 0);
}

TEST_CASE("closed and opened again, a file has its bytes and its address") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "first");
  REQUIRE(munmap(m, kPage) == 0);
  char *n = file.map(kPage);
  CHECK(n == m);
  CHECK(std::string(n, 5) == "first");
  REQUIRE(munmap(n, kPage) == 0);
}

TEST_CASE("a read-only mapping of a managed file shows the program's own stores") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "mine");
  const DataFile reader(file.path, O_RDONLY);
  char *seen = reader.map(kPage, 0, PROT_READ);
  CHECK(std::string(seen, 4) == "mine");
  REQUIRE(munmap(seen, kPage) == 0);
  REQUIRE(munmap(m, kPage) == 0);
}
