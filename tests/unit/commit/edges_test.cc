// What lies at the edge of a window, of a range, or of what a thread can announce.
#include <catch2/catch.hpp>

#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {
constexpr std::size_t page = 4096;
}

TEST_CASE("commit: a file as large as the working range is committed whole") {
  TempDir dir;
  const std::size_t range = snapshot::kRangeBytes - snapshot::kWindowSkew;
  write_file(dir / "data", std::string(3 * page, 'd'));
  MappedFile file(dir / "data", range);
  store(file.begin() + page, 'x');
  REQUIRE(file.commit() == 0);
  CHECK(file.on_file()[page] == 'x');
}

TEST_CASE("commit: a file cannot grow out of its window, and is told so") {
  ScratchFile file(page);
  const off_t too_far = off_t{1} << (SNAPSHOT_RANGE_BITS - 1);
  CHECK(ftruncate(file.fd(), too_far) == -1);
  CHECK(errno == EFBIG);
  CHECK(std::string(snapshot_last_error()).find(file.path() + ": cannot grow to") == 0);
  struct stat st;
  REQUIRE(fstat(file.fd(), &st) == 0);
  CHECK(st.st_size == page);
}

TEST_CASE("commit: every announcement that a thread can make is looked at") {
  constexpr std::size_t all = 6;
  ScratchFile file(page), other(page);
  // As in handlers that interrupt each other, each between announcement and mark; the last one writes
  // elsewhere.
  for (std::size_t i = 0; i < all; ++i) {
    char *at = (i + 1 < all ? file : other).begin() + 64 * i;
    __snapshot_announce(at, 1);
    plain_store(at, 'n');
  }
  CHECK(file.commit() == 0);
  CHECK(file.on_file() == file.working());
  CHECK(other.on_file() == std::string(page, 0));
  for (std::size_t i = all; i-- > 0;)
    __snapshot_mark_announced((i + 1 < all ? file : other).begin() + 64 * i, 1);
  CHECK(other.commit() == 0);
  CHECK(other.on_file() == other.working());
}

TEST_CASE("commit: entries of lines that are committed already are dropped when another range is") {
  ScratchFile file(64 * page);
  for (std::size_t i = 0; i < 20; ++i) store(file.begin() + 128 * i, 'a');
  // A range that is short next to the list is looked up in the line map, and the list keeps its entries.
  REQUIRE(msync(file.begin(), page, MS_SYNC) == 0);
  store(file.begin() + 8 * page, 'b');
  store(file.begin() + 40 * page, 'c');
  REQUIRE(msync(file.begin() + 4 * page, 28 * page, MS_SYNC) == 0);
  std::string expected = file.working();
  expected[40 * page] = 0;
  CHECK(file.on_file() == expected);
  REQUIRE(file.commit() == 0);
  CHECK(file.on_file() == file.working());
}
