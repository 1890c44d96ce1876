// Copies inside the kernel would bypass the working copy; they are refused with an errno for which every
// caller has a fallback.
#include <sys/sendfile.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "files.h"

using namespace test;

TEST_CASE("sendfile and copy_file_range refuse a managed file, as source and as target") {
  const DataFile file(2 * kPage), other(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "uncommitted");
  errno = 0;
  CHECK(sendfile(other.fd, file.fd, nullptr, kPage) == -1);
  CHECK(errno == EINVAL);
  CHECK(sendfile64(file.fd, other.fd, nullptr, kPage) == -1);
  CHECK(errno == EINVAL);
  CHECK(copy_file_range(file.fd, nullptr, other.fd, nullptr, kPage, 0) == -1);
  CHECK(errno == EXDEV);
  CHECK(copy_file_range(other.fd, nullptr, file.fd, nullptr, kPage, 0) == -1);
  CHECK(errno == EXDEV);
  CHECK(other.real_bytes(0, 11) == zeros(11));
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("they work for other files while one is managed") {
  const DataFile file(kPage), source(kPage), target(kPage);
  char *m = file.map(kPage);
  REQUIRE(pwrite(source.fd, "plain", 5, 0) == 5);
  off_t from = 0;
  CHECK(sendfile(target.fd, source.fd, &from, 5) == 5);
  CHECK(from == 5);
  off64_t in = 0, out = 100;
  CHECK(copy_file_range(source.fd, &in, target.fd, &out, 5, 0) == 5);
  CHECK(raw_bytes(target.path).substr(0, 5) == "plain");
  CHECK(raw_bytes(target.path).substr(100, 5) == "plain");
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("a copier with the usual fallback copies what the program sees") {
  const DataFile file(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m + kPage - 2, "uncommitted");
  const std::string copy = new_path();
  REQUIRE(std::filesystem::copy_file(file.path, copy));
  CHECK((raw_bytes(copy) == std::string(m, 2 * kPage)));
  REQUIRE(munmap(m, 2 * kPage) == 0);
}
