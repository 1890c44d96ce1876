// Claim: a batch does to many places what single calls do to one: every byte, in the order in which pieces
// were added, and with the same errors. Method: more pieces than a system call takes, of all shapes; pages
// that are not there; a file with holes on a file system of one megabyte.
#include "media/batch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "small_disk.h"

namespace s = snapshot;

namespace {

// A shared mapping of a file of holes, anywhere: what is done to a page does not depend on its address.
class Mapped {
 public:
  Mapped(const std::string &path, s::u64 pages) : bytes_(pages * s::kPageBytes) {
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE((fd_ >= 0 && ftruncate(fd_, static_cast<off_t>(bytes_)) == 0));
    void *address = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    REQUIRE(address != MAP_FAILED);
    begin_ = static_cast<s::u8 *>(address);
  }
  ~Mapped() {
    (void)munmap(begin_, bytes_);
    (void)close(fd_);
  }
  s::u8 *page(s::u64 n) const { return begin_ + n * s::kPageBytes; }
  s::BackingAddr backing(s::u64 n) const { return {reinterpret_cast<s::u64>(page(n))}; }
  int fd() const { return fd_; }
  s::u64 allocated() const {
    struct stat st;
    REQUIRE(fstat(fd_, &st) == 0);
    return static_cast<s::u64>(st.st_blocks) * 512;
  }

 private:
  s::u64 bytes_;
  int fd_ = -1;
  s::u8 *begin_ = nullptr;
};

constexpr s::u64 kMany = 3 * s::kBatchPieces + 1;

}  // namespace

TEST_CASE("every piece of a batch of copies arrives, the later one where two overlap") {
  test::TempDir dir;
  const Mapped to(dir / "to", kMany + 4);
  std::vector<s::u8> from(kMany * 64 * 5), expected((kMany + 4) * s::kPageBytes);
  for (s::u64 i = 0; i < from.size(); ++i) from[i] = static_cast<s::u8>(i * 7 + i / 64);
  s::CopyBatch batch;
  const s::u8 *next = from.data();
  for (s::u64 i = 0; i < kMany; ++i) {
    // Lines at the ends and across the ends of pages; every third begins in the one before.
    const s::u64 at = i * s::kPageBytes - (i % 3 == 2 ? s::kPageBytes : 0) + (i % 2) * (s::kPageBytes - 128);
    const s::u64 bytes = 64 * (1 + i % 5);
    REQUIRE(batch.add(to.page(0) + at, next, bytes).ok());
    std::memcpy(expected.data() + at, next, bytes);
    next += bytes + (i % 4 == 3 ? 64 : 0);  // the next one does not always follow in memory
  }
  REQUIRE(batch.finish().ok());
  CHECK(std::memcmp(to.page(0), expected.data(), expected.size()) == 0);
  std::memset(to.page(0), 0, s::kPageBytes);
  REQUIRE(batch.finish().ok());  // nothing is left that would be copied again
  CHECK(to.page(0)[0] == 0);
}

TEST_CASE("a batch of copies to pages that are not there is an error and no signal") {
  test::TempDir dir;
  const Mapped to(dir / "to", 4);
  REQUIRE(ftruncate(to.fd(), 2 * s::kPageBytes) == 0);
  const std::vector<s::u8> from(4 * 64, 'x');
  s::CopyBatch batch;
  for (s::u64 i = 0; i < 4; ++i) REQUIRE(batch.add(to.page(i), from.data() + i * 64, 64).ok());
  CHECK(batch.finish().error == EIO);
  CHECK(std::string(reinterpret_cast<char *>(to.page(1)), 64) == std::string(64, 'x'));
  // What failed is forgotten.
  CHECK(batch.finish().ok());
}

TEST_CASE("a batch allocates the pages that were added, and just those") {
  test::TempDir dir;
  const Mapped map(dir / "file", 4 * kMany);
  s::PrepareBatch batch(map.fd());
  for (s::u64 i = 0; i < kMany; ++i) {
    REQUIRE(batch.add({map.backing(4 * i).value + 100}, 64).ok());
    REQUIRE(batch.add({map.backing(4 * i).value + 4000}, 300).ok());  // reaches into the page behind
  }
  REQUIRE(batch.finish().ok());
  CHECK(map.allocated() == 2 * kMany * s::kPageBytes);
}

TEST_CASE("a batch says when there is no space, wherever the page is that has none") {
  const test::SmallDisk disk("tmpfs", "size=1m");
  if (!disk.mounted()) return test::say_skipped("a full disk", "needs root to mount");
  const Mapped map(disk / "file", 2000);
  s::PrepareBatch batch(map.fd());
  s::Status status = s::kOk;
  for (s::u64 i = 0; i < 1000 && status.ok(); ++i) status = batch.add(map.backing(2 * i), 64);
  CHECK(status.error == ENOSPC);
  CHECK(map.allocated() <= (1 << 20));
  CHECK(map.allocated() >= (1 << 20) - 2 * s::kPageBytes);
}
