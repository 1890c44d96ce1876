// Copies inside the kernel would bypass the working copy: sendfile copies what the program sees, and
// copy_file_range is refused with an errno for which every caller has a fallback.
#include <aio.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "files.h"

using namespace test;

TEST_CASE("copy_file_range refuses a managed file, as source and as target") {
  const DataFile file(2 * kPage), other(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "uncommitted");
  errno = 0;
  CHECK(copy_file_range(file.fd, nullptr, other.fd, nullptr, kPage, 0) == -1);
  CHECK(errno == EXDEV);
  CHECK(copy_file_range(other.fd, nullptr, file.fd, nullptr, kPage, 0) == -1);
  CHECK(errno == EXDEV);
  CHECK(other.real_bytes(0, 11) == zeros(11));
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("splice and clones refuse a managed file, as source and as target") {
  const DataFile file(2 * kPage), other(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "uncommitted");
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "piped", 5) == 5);
  off64_t at = 0;
  errno = 0;
  CHECK(splice(ends[0], nullptr, file.fd, &at, 5, 0) == -1);
  CHECK(errno == EINVAL);
  CHECK(splice(file.fd, &at, ends[1], nullptr, 5, 0) == -1);
  CHECK(errno == EINVAL);
  CHECK(splice(ends[0], nullptr, other.fd, &at, 5, 0) == 5);
  CHECK(raw_bytes(other.path).substr(0, 5) == "piped");
  for (const auto &[to, from] : {std::pair{file.fd, other.fd}, std::pair{other.fd, file.fd}}) {
    file_clone_range range = {from, 0, kPage, 0};
    CHECK(ioctl(to, FICLONE, from) == -1);
    CHECK(errno == EXDEV);
    CHECK(ioctl(to, FICLONERANGE, &range) == -1);
    CHECK(errno == EXDEV);
  }
  CHECK(std::string(m, 11) == "uncommitted");
  CHECK(file.real_bytes(0, 11) == zeros(11));
  REQUIRE(munmap(m, 2 * kPage) == 0);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("POSIX asynchronous I/O refuses a managed file") {
  const DataFile file(2 * kPage), other(2 * kPage);
  char *m = file.map(2 * kPage);
  char bytes[] = "written";
  aiocb block = {};
  aiocb *const blocks[] = {nullptr, &block};
  block.aio_fildes = file.fd;
  block.aio_buf = bytes;
  block.aio_nbytes = 7;
  block.aio_lio_opcode = LIO_WRITE;
  for (const int result : {aio_write(&block), aio_read(&block), aio_fsync(O_SYNC, &block),
                           lio_listio(LIO_WAIT, blocks, 2, nullptr)}) {
    CHECK(result == -1);
    CHECK(errno == ENOSYS);
  }
  CHECK(file.real_bytes(0, 7) == zeros(7));
  block.aio_fildes = other.fd;
  CHECK(lio_listio(LIO_WAIT, blocks, 2, nullptr) == 0);
  CHECK(raw_bytes(other.path).substr(0, 7) == "written");
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("sendfile copies from a managed file what the program sees") {
  constexpr size_t bytes = 20 * kPage;  // more than one buffer's worth
  const DataFile file(bytes), other(0);
  char *m = file.map(bytes);
  store(m + 3, "uncommitted");
  store(m + bytes - 20, "at the end");
  off_t from = 3;
  CHECK(sendfile(other.fd, file.fd, &from, 2 * bytes) == static_cast<ssize_t>(bytes - 3));
  CHECK(from == static_cast<off_t>(bytes));
  CHECK((raw_bytes(other.path) == std::string(m + 3, bytes - 3)));
  CHECK(lseek(file.fd, 0, SEEK_CUR) == 0);
  CHECK(sendfile(other.fd, file.fd, nullptr, 14) == 14);
  CHECK(lseek(file.fd, 0, SEEK_CUR) == 14);
  CHECK(raw_bytes(other.path).substr(bytes - 3) == std::string("\0\0\0uncommitted", 14));
  CHECK(file.real_bytes(3, 11) == zeros(11));
  REQUIRE(munmap(m, bytes) == 0);
}

TEST_CASE("what sendfile copies into a managed file is seen, and committed with the rest") {
  const DataFile file(2 * kPage), other(2 * kPage);
  char *m = file.map(2 * kPage);
  REQUIRE(pwrite(other.fd, "from the other", 14, 0) == 14);
  off64_t from = 5;
  REQUIRE(lseek(file.fd, 100, SEEK_SET) == 100);
  CHECK(sendfile64(file.fd, other.fd, &from, 9) == 9);
  CHECK(from == 14);
  CHECK(std::string(m + 100, 9) == "the other");
  CHECK(file.real_bytes(100, 9) == zeros(9));
  REQUIRE(msync(m, 2 * kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(100, 9) == "the other");
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("sendfile says what is wrong") {
  const DataFile file(kPage), other(kPage);
  char *m = file.map(kPage);
  off_t before = -1;
  CHECK(sendfile(other.fd, file.fd, &before, 1) == -1);
  CHECK(errno == EINVAL);
  CHECK(sendfile(-1, file.fd, nullptr, 1) == -1);
  CHECK(errno == EBADF);
  off_t end = kPage;
  CHECK(sendfile(other.fd, file.fd, &end, 1) == 0);
  REQUIRE(munmap(m, kPage) == 0);
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
