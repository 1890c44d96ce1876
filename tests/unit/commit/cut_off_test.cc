// Changes that are pending in a part of the file that is cut off. There are more of them than a commit looks
// up one by one (too_many in commit/gather.cc).
#include <catch2/catch.hpp>

#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096, line = 64;

class CutFile : public ScratchFile {
 public:
  CutFile() : ScratchFile(512 * page) {
    fill(begin(), 1, size());
    REQUIRE(commit() == 0);
    for (std::size_t at = 0; at < size(); at += line) store(begin() + at, char{2});
  }
  void resize(std::size_t bytes) { REQUIRE(ftruncate(fd(), static_cast<off_t>(bytes)) == 0); }
};

}  // namespace

TEST_CASE("stores to a part that was cut off, committed, and added again are committed") {
  CutFile file;
  const std::size_t all = file.size();
  file.resize(page);
  REQUIRE(file.commit() == 0);
  file.resize(all);
  for (std::size_t at = 0; at < all; at += 16 * line) store(file.begin() + at, char{3});
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}

TEST_CASE("stores to a part that was cut off and added again at once are committed") {
  CutFile file;
  const std::size_t all = file.size();
  file.resize(page);
  file.resize(all);
  for (std::size_t at = 0; at < all; at += 16 * line) store(file.begin() + at, char{3});
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}

TEST_CASE("rollback of a file that was cut off restores the part that was cut off") {
  CutFile file;
  const std::string committed = file.on_file();
  file.resize(page + 10);
  REQUIRE(snapshot_rollback(file.begin(), file.size()) == 0);
  CHECK((file.working() == committed));
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == committed));
}

TEST_CASE("stores to a part that was added and cut off again are gone when it is added anew") {
  TempDir dir;
  write_file(dir / "data", std::string(page, 1));
  MappedFile file(dir / "data", 512 * page);
  REQUIRE(ftruncate(file.fd(), 512 * page) == 0);
  for (std::size_t at = 0; at < file.size(); at += line) store(file.begin() + at, char{2});
  REQUIRE(ftruncate(file.fd(), page) == 0);
  REQUIRE(ftruncate(file.fd(), 512 * page) == 0);
  CHECK((std::string(file.begin() + page, 511 * page) == std::string(511 * page, 0)));
  store(file.begin() + 300 * page, char{3});
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}
