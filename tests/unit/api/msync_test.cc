// msync, munmap and snapshot_commit: what they commit, to the byte, and what they refuse.
#include <catch2/catch.hpp>
#include <cerrno>

#include "protocol.h"
#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096;

int error_of(int result) { return result == 0 ? 0 : errno; }
int sync_error(void *at, std::size_t bytes, int flags = MS_SYNC) { return error_of(msync(at, bytes, flags)); }

// Stores 1 to every byte of the file; which of them a commit has taken is then seen in the file.
void dirty_all(const MappedFile &file) { fill(file.begin(), 1, file.size()); }
std::string zeros_and_ones(std::size_t size, std::size_t from, std::size_t to) {
  std::string bytes(size, 0);
  for (std::size_t i = from; i < to; ++i) bytes[i] = 1;
  return bytes;
}

}  // namespace

TEST_CASE("msync of some pages commits these and leaves the others pending") {
  ScratchFile file(8 * page);
  dirty_all(file);
  REQUIRE(msync(file.at<char>(2 * page), 3 * page, MS_SYNC) == 0);
  CHECK((file.on_file() == zeros_and_ones(8 * page, 2 * page, 5 * page)));
  SECTION("which the next one commits") {
    REQUIRE(file.commit() == 0);
    CHECK((file.on_file() == file.working()));
  }
  SECTION("which munmap commits") {
    const std::string working = file.working();
    REQUIRE(file.unmap() == 0);
    CHECK((file.on_file() == working));
  }
  SECTION("page by page, in any order") {
    for (std::size_t p : {7u, 0u, 5u, 1u, 6u}) REQUIRE(msync(file.at<char>(p * page), page, MS_SYNC) == 0);
    CHECK((file.on_file() == file.working()));
    const auto before = statistics();
    REQUIRE(file.commit() == 0);
    CHECK(statistics().commits == before.commits);
  }
}

TEST_CASE("msync rounds its length up to pages, and not further") {
  ScratchFile file(8 * page);
  dirty_all(file);
  REQUIRE(msync(file.at<char>(page), 1, MS_SYNC) == 0);
  CHECK((file.on_file() == zeros_and_ones(8 * page, page, 2 * page)));
  REQUIRE(msync(file.at<char>(2 * page), page + 1, MS_SYNC) == 0);
  CHECK((file.on_file() == zeros_and_ones(8 * page, page, 4 * page)));
}

TEST_CASE("a store across a page's end belongs to both pages") {
  ScratchFile file(4 * page);
  store(file.at(page - 4), ~std::uint64_t{0});
  REQUIRE(msync(file.begin(), page, MS_SYNC) == 0);
  CHECK(*file.at<std::uint32_t>(page - 4) == ~0u);
  CHECK(backing_byte(file.at<char>(page - 1)) == 0xff);
  CHECK(backing_byte(file.at<char>(page)) == 0);
  REQUIRE(msync(file.begin() + page, page, MS_SYNC) == 0);
  CHECK((file.on_file() == file.working()));
}

TEST_CASE("snapshot_commit takes the lines that overlap its range, to the byte") {
  ScratchFile file(4 * page);
  struct {
    std::size_t offset, length, from, to;
  } const cases[] = {{64, 64, 64, 128},     {64, 1, 64, 128},      {127, 1, 64, 128},
                     {127, 2, 64, 192},     {63, 1, 0, 64},        {63, 66, 0, 192},
                     {4095, 1, 4032, 4096}, {4095, 2, 4032, 4160}, {16383, 1, 16320, 16384}};
  for (const auto &c : cases) {
    INFO("offset " << c.offset << ", length " << c.length);
    dirty_all(file);
    REQUIRE(snapshot_commit(file.begin() + c.offset, c.length) == 0);
    CHECK((file.on_file() == zeros_and_ones(file.size(), c.from, c.to)));
    fill(file.begin(), 0, file.size());
    REQUIRE(file.commit() == 0);
  }
  dirty_all(file);
  CHECK(snapshot_commit(file.begin(), 0) == 0);
  CHECK((file.on_file() == zeros_and_ones(file.size(), 0, 0)));
}

TEST_CASE("every width and alignment of store, across lines and pages, is in the file after a commit") {
  ScratchFile file(4 * page);
  for (std::size_t at :
       {0ul, 1ul, 56ul, 57ul, 63ul, 64ul, page - 64, page - 8, page - 1, page, 4 * page - 64})
    for (std::size_t bytes : {1ul, 2ul, 3ul, 4ul, 8ul, 16ul, 24ul, 32ul, 64ul, 65ul, 128ul, 4096ul}) {
      if (at + bytes > file.size()) continue;
      INFO(bytes << " bytes at " << at);
      fill(file.begin() + at, static_cast<unsigned char>(at + bytes), bytes);
      REQUIRE(file.commit() == 0);
      REQUIRE((file.on_file() == file.working()));
    }
  store(file.at<char>(4 * page - 1), 'z');  // the last byte of the mapping
  REQUIRE(file.commit() == 0);
  CHECK(file.on_file().back() == 'z');
}

TEST_CASE("msync refuses what POSIX says it refuses, and changes nothing") {
  ScratchFile file(4 * page);
  store(file.word(0), std::uint64_t{1});
  CHECK(sync_error(file.begin() + 1, page) == EINVAL);
  CHECK(sync_error(file.begin() + 64, page) == EINVAL);
  CHECK(sync_error(file.begin(), page, MS_SYNC | MS_ASYNC) == EINVAL);
  CHECK(sync_error(file.begin(), page, 0x100) == EINVAL);
  CHECK(backing_word(file.word(0)) == 0);
  // Nothing is mapped there: elsewhere in the window, in the working range, and in memory.
  CHECK(sync_error(file.begin() + 64 * page, page) == ENOMEM);
  CHECK(
      sync_error(reinterpret_cast<void *>(SNAPSHOT_WORKING_BASE + (UINT64_C(1) << (SNAPSHOT_RANGE_BITS - 1))),
                 page) == ENOMEM);
  CHECK(sync_error(nullptr, page) == ENOMEM);
  CHECK(backing_word(file.word(0)) == 0);
}

TEST_CASE("msync of no bytes succeeds and commits nothing") {
  ScratchFile file(page);
  store(file.word(0), std::uint64_t{1});
  CHECK(msync(file.begin(), 0, MS_SYNC) == 0);
  CHECK(backing_word(file.word(0)) == 0);
}

TEST_CASE("a range beyond the mapping commits what is mapped and says ENOMEM") {
  ScratchFile file(4 * page);
  dirty_all(file);
  CHECK(sync_error(file.begin() + page, 64 * page) == ENOMEM);
  CHECK((file.on_file() == zeros_and_ones(4 * page, page, 4 * page)));
  CHECK(sync_error(file.begin(), std::size_t{1} << (SNAPSHOT_RANGE_BITS - 2)) == ENOMEM);
  CHECK((file.on_file() == file.working()));
  CHECK(sync_error(file.begin(), std::size_t{1} << 62) == ENOMEM);
}

TEST_CASE("a range that begins before the file does commits what is mapped and says ENOMEM") {
  ScratchFile file(4 * page);
  dirty_all(file);
  CHECK(sync_error(file.begin() - 2 * page, 4 * page) == ENOMEM);
  CHECK((file.on_file() == zeros_and_ones(4 * page, 0, 2 * page)));
}

TEST_CASE("msync of what was unmapped in between says ENOMEM, until it is mapped again") {
  ScratchFile file(8 * page);
  dirty_all(file);
  REQUIRE(munmap(file.at<char>(3 * page), page) == 0);  // commits it
  CHECK(sync_error(file.begin(), 8 * page) == ENOMEM);
  CHECK((file.on_file() == zeros_and_ones(8 * page, 0, 8 * page)));
  CHECK(sync_error(file.at<char>(3 * page), page) == ENOMEM);
  CHECK(sync_error(file.begin(), 4 * page) == ENOMEM);
  CHECK(sync_error(file.begin(), 3 * page) == 0);
  CHECK(sync_error(file.at<char>(4 * page), 4 * page) == 0);
  // Mapped again, it belongs to two mappings beside each other.
  REQUIRE(mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 3 * page) ==
          file.at<char>(3 * page));
  CHECK(sync_error(file.begin(), 8 * page) == 0);
}

TEST_CASE("MS_ASYNC commits, too, and MS_INVALIDATE discards nothing") {
  ScratchFile file(page);
  store(file.word(0), std::uint64_t{1});
  CHECK(msync(file.begin(), page, MS_ASYNC) == 0);
  // What is appended, and may not be durable yet, is in the log only.
  CHECK(backing_word(file.word(0)) == (appends_to_log() ? 0 : 1));
  store(file.word(0), std::uint64_t{2});
  CHECK(msync(file.begin(), page, MS_SYNC | MS_INVALIDATE) == 0);
  CHECK(backing_word(file.word(0)) == 2);
  store(file.word(0), std::uint64_t{3});
  CHECK(msync(file.begin(), page, MS_INVALIDATE) == 0);
  CHECK(*file.word(0) == 3);
}

TEST_CASE("a range over two files and a gap commits both and says ENOMEM") {
  TempDir dir;
  MappedFile a(dir / "a", 2 * page), b(dir / "b", 2 * page);
  const MappedFile &low = a.begin() < b.begin() ? a : b, &high = a.begin() < b.begin() ? b : a;
  dirty_all(low);
  dirty_all(high);
  const auto bytes = static_cast<std::size_t>(high.begin() - low.begin()) + page;
  CHECK(sync_error(low.begin() + page, bytes - page) == ENOMEM);
  CHECK((low.on_file() == zeros_and_ones(2 * page, page, 2 * page)));
  CHECK((high.on_file() == zeros_and_ones(2 * page, 0, page)));
}

TEST_CASE("mappings at other offsets and second descriptors are the same file") {
  ScratchFile file(8 * page);
  const int fd = open(file.path().c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(fd >= 0);
  auto *part = static_cast<char *>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 3 * page));
  REQUIRE(part != MAP_FAILED);
  store(part, 'x');
  CHECK(*file.at<char>(3 * page) == 'x');
  SECTION("committed through the other mapping") { CHECK(file.commit() == 0); }
  SECTION("committed through the other descriptor") { CHECK(fsync(fd) == 0); }
  SECTION("committed by the part's munmap") {
    CHECK(munmap(part, 2 * page) == 0);
    part = nullptr;
  }
  CHECK(file.on_file()[3 * page] == 'x');
  if (part != nullptr) munmap(part, 2 * page);
  close(fd);
  store(file.word(0), std::uint64_t{5});
  CHECK(file.commit() == 0);
  CHECK(backing_word(file.word(0)) == 5);
}

TEST_CASE("unmanaged memory is msynced by the kernel") {
  void *memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  CHECK(sync_error(memory, page) == 0);
  CHECK(sync_error(static_cast<char *>(memory) + 1, page) == EINVAL);
  munmap(memory, page);
  CHECK(sync_error(memory, page) == ENOMEM);
}
