// Files that grow while they are mapped, and mappings longer than their files.
#include <sys/uio.h>

#include <catch2/catch.hpp>

#include "files.h"
#include "in_child.h"

using namespace test;

namespace {
// Room that a test asks for, so that it can reach the end of it: a mapping decides how large a window is.
constexpr std::size_t kMapped = 64 * kPage;
}  // namespace

TEST_CASE("mapped beyond its end, a file can be extended later") {
  const DataFile file(0);
  char *m = file.map(kMapped);
  REQUIRE(ftruncate(file.fd, 3 * kPage) == 0);
  store(m + 2 * kPage + 17, "grown");
  CHECK(file.seen_size() == 3 * kPage);
  REQUIRE(msync(m, kMapped, MS_SYNC) == 0);
  CHECK(file.real_bytes(2 * kPage + 17, 5) == "grown");
  REQUIRE(munmap(m, kMapped) == 0);
  CHECK(file.real_size() == 3 * kPage);
}

TEST_CASE("a page beyond the end raises SIGBUS, as in any mapping") {
  const DataFile file(kPage);
  CHECK(in_child([&] {
          char *m = file.map(4 * kPage);
          static_cast<volatile char *>(m)[2 * kPage] = 1;
          return 0;
        }) == 128 + SIGBUS);
}

TEST_CASE("stores to the rest of the last page are no part of the file") {
  const DataFile file(100);
  char *m = file.map(kPage);
  store(m + 98, "abcd");
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_size() == 100);
  CHECK(file.real_bytes(98, 10) == "ab");
  SECTION("and are zero when the file grows over them") {
    REQUIRE(ftruncate(file.fd, 200) == 0);
    CHECK(std::string(m + 98, 4) == "ab" + zeros(2));
    REQUIRE(msync(m, kPage, MS_SYNC) == 0);
    CHECK(file.real_bytes(98, 10) == "ab" + zeros(8));
  }
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("growth by each call that can") {
  DataFile file(kPage);
  char *m = file.map(kMapped);
  store(m, "old");
  long expected = kPage;
  const std::string text = "appended";

  SECTION("ftruncate") {
    REQUIRE(ftruncate(file.fd, 5 * kPage) == 0);
    expected = 5 * kPage;
  }
  SECTION("ftruncate64") {
    REQUIRE(ftruncate64(file.fd, 5 * kPage + 1) == 0);
    expected = 5 * kPage + 1;
  }
  SECTION("truncate") {
    REQUIRE(truncate(file.path.c_str(), 6 * kPage) == 0);
    expected = 6 * kPage;
  }
  SECTION("write at the end") {
    REQUIRE(lseek(file.fd, 0, SEEK_END) == kPage);
    REQUIRE(write(file.fd, text.data(), text.size()) == 8);
    CHECK(std::string(m + kPage, 8) == text);
    expected = kPage + 8;
  }
  SECTION("pwrite beyond the end") {
    REQUIRE(pwrite(file.fd, text.data(), text.size(), 3 * kPage) == 8);
    CHECK(std::string(m + 3 * kPage - 1, 9) == zeros(1) + text);
    expected = 3 * kPage + 8;
  }
  SECTION("pwritev") {
    iovec parts[2] = {{const_cast<char *>(text.data()), 3}, {const_cast<char *>(text.data()) + 3, 5}};
    REQUIRE(pwritev(file.fd, parts, 2, kPage) == 8);
    CHECK(std::string(m + kPage, 8) == text);
    expected = kPage + 8;
  }
  SECTION("append") {
    const DataFile appender(file.path, O_WRONLY | O_APPEND);
    REQUIRE(write(appender.fd, text.data(), text.size()) == 8);
    CHECK(std::string(m + kPage, 8) == text);
    expected = kPage + 8;
  }
  SECTION("fallocate") {
    REQUIRE(fallocate(file.fd, 0, 0, 4 * kPage) == 0);
    expected = 4 * kPage;
  }
  SECTION("posix_fallocate") {
    REQUIRE(posix_fallocate(file.fd, 2 * kPage, kPage) == 0);
    expected = 3 * kPage;
  }
  CHECK(file.seen_size() == expected);
  CHECK(lseek(file.fd, 0, SEEK_END) == expected);
  store(m + expected - 3, "end");
  REQUIRE(msync(m, kMapped, MS_SYNC) == 0);
  CHECK(file.real_size() == expected);
  CHECK(file.real_bytes(0, 3) == "old");
  CHECK(file.real_bytes(static_cast<std::size_t>(expected) - 3, 3) == "end");
  REQUIRE(munmap(m, kMapped) == 0);
}

TEST_CASE("fallocate that keeps the size keeps the size") {
  const DataFile file(kPage);
  char *m = file.map(kMapped);
  REQUIRE(fallocate(file.fd, FALLOC_FL_KEEP_SIZE, 0, 8 * kPage) == 0);
  CHECK(file.seen_size() == kPage);
  CHECK(file.real_size() == kPage);
  REQUIRE(munmap(m, kMapped) == 0);
}

TEST_CASE("mremap grows and shrinks a mapping in place") {
  const DataFile file(8 * kPage);
  char *m = file.map(2 * kPage);
  REQUIRE(mremap(m, 2 * kPage, 8 * kPage, MREMAP_MAYMOVE) == m);
  CHECK(is_managed(m, 8 * kPage));
  store(m + 7 * kPage, 'z');
  store(m + kPage, 'y');
  REQUIRE(mremap(m, 8 * kPage, 3 * kPage, 0) == m);
  // What was cut off has been committed; the rest is pending.
  CHECK(file.real_bytes(7 * kPage, 1) == "z");
  CHECK(file.real_bytes(kPage, 1) == zeros(1));
  CHECK_FALSE(is_managed(m, 4 * kPage));
  CHECK(mremap(m, 3 * kPage, 3 * kPage, 0) == m);
  REQUIRE(munmap(m, 3 * kPage) == 0);
  CHECK(file.real_bytes(kPage, 1) == "y");
}

TEST_CASE("grow the file, then the mapping, then store, again and again") {
  const DataFile file(kPage);
  std::size_t bytes = kPage;
  char *m = file.map(bytes);
  for (int i = 0; i < 8; ++i) {
    REQUIRE(ftruncate(file.fd, static_cast<off_t>(2 * bytes)) == 0);
    REQUIRE(mremap(m, bytes, 2 * bytes, MREMAP_MAYMOVE) == m);
    bytes *= 2;
    store(m + bytes - 1, static_cast<char>('a' + i));
    if (i % 2 == 0) REQUIRE(msync(m, bytes, MS_SYNC) == 0);
  }
  REQUIRE(munmap(m, bytes) == 0);
  const std::string all = raw_bytes(file.path);
  REQUIRE(all.size() == bytes);
  for (int i = 0; i < 8; ++i) CHECK(all[(2 * kPage << i) - 1] == 'a' + i);
}

TEST_CASE("growth that is not committed is taken back by recovery") {
  const DataFile file(kPage);
  const int status = in_child([&] {
    char *m = file.map(kMapped);
    store(m, "kept");
    if (msync(m, kPage, MS_SYNC) != 0 || ftruncate(file.fd, 9 * kPage) != 0) return 1;
    store(m + 8 * kPage, "lost");
    return raise(SIGKILL);
  });
  REQUIRE(status == 128 + SIGKILL);
  CHECK(has_log(file.path));
  char *m = file.map(kMapped);
  CHECK(file.seen_size() == kPage);
  CHECK(file.real_size() == kPage);
  CHECK(std::string(m, 4) == "kept");
  REQUIRE(ftruncate(file.fd, 9 * kPage) == 0);
  CHECK(std::string(m + 8 * kPage, 4) == zeros(4));
  REQUIRE(munmap(m, kMapped) == 0);
}

TEST_CASE("growth that is committed survives") {
  const DataFile file(kPage);
  const int status = in_child([&] {
    char *m = file.map(kMapped);
    if (ftruncate(file.fd, 9 * kPage) != 0) return 1;
    store(m + 8 * kPage, "kept");
    if (fsync(file.fd) != 0) return 2;
    store(m, "lost");
    return raise(SIGKILL);
  });
  REQUIRE(status == 128 + SIGKILL);
  char *m = file.map(kMapped);
  CHECK(file.seen_size() == 9 * kPage);
  CHECK(std::string(m + 8 * kPage, 4) == "kept");
  CHECK(std::string(m, 4) == zeros(4));
  REQUIRE(munmap(m, kMapped) == 0);
}

TEST_CASE("beyond its window a file cannot grow: an error that says so, and everything else still works") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "safe");
  const off_t huge = off_t{1} << 42;
  errno = 0;
  CHECK(ftruncate(file.fd, huge) == -1);
  CHECK(errno == EFBIG);
  CHECK(last_message().find(file.path) != std::string::npos);
  CHECK(pwrite(file.fd, "x", 1, huge) == -1);
  CHECK(errno == EFBIG);
  CHECK(posix_fallocate(file.fd, huge, 1) == EFBIG);
  CHECK(mremap(m, kPage, static_cast<std::size_t>(huge), MREMAP_MAYMOVE) == MAP_FAILED);
  CHECK(errno == ENOMEM);
  CHECK(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, huge) == MAP_FAILED);
  CHECK(errno == ENOMEM);
  CHECK(file.seen_size() == kPage);
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(0, 4) == "safe");
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("a file that another descriptor or a raw system call has extended is seen at its new size") {
  const DataFile file(kPage);
  char *m = file.map(kMapped);
  REQUIRE(syscall(SYS_ftruncate, file.fd, 4 * kPage) == 0);
  CHECK(file.seen_size() == 4 * kPage);
  store(m + 3 * kPage, "raw");
  REQUIRE(msync(m, kMapped, MS_SYNC) == 0);
  CHECK(file.real_bytes(3 * kPage, 3) == "raw");
  REQUIRE(munmap(m, kMapped) == 0);
  CHECK(file.real_size() == 4 * kPage);
}
