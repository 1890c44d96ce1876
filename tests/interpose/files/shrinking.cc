// Shrinking is part of a commit: the program sees the new size at once, the file keeps the old one until
// then.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "files.h"
#include "in_child.h"

using namespace test;

namespace {

const std::string kOld(8 * kPage, 'o');

std::string old_file() {
  const std::string path = new_path();
  write_file(path, kOld);
  return path;
}

}  // namespace

TEST_CASE("after a shrink every call tells the new size, and the file has the old one until the commit") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  REQUIRE(ftruncate(file.fd, kPage + 100) == 0);
  const long size = kPage + 100;
  struct stat st;
  struct stat64 st64;
  struct statx stx;
  CHECK(file.seen_size() == size);
  CHECK((stat(file.path.c_str(), &st) == 0 && st.st_size == size));
  CHECK((lstat(file.path.c_str(), &st) == 0 && st.st_size == size));
  CHECK((fstatat(AT_FDCWD, file.path.c_str(), &st, 0) == 0 && st.st_size == size));
  CHECK((fstat64(file.fd, &st64) == 0 && st64.st_size == size));
  CHECK((statx(AT_FDCWD, file.path.c_str(), 0, STATX_SIZE, &stx) == 0 && stx.stx_size == kPage + 100));
  CHECK(lseek(file.fd, 0, SEEK_END) == size);
  CHECK(lseek(file.fd, -100, SEEK_END) == kPage);
  CHECK(file.seen_bytes(kPage, 2 * kPage) == std::string(100, 'o'));
  CHECK(file.seen_bytes(kPage + 100, 10).empty());
  CHECK(file.real_size() == 8 * kPage);

  SECTION("msync of any part") { REQUIRE(msync(m, 1, MS_SYNC) == 0); }
  SECTION("fsync") { REQUIRE(fsync(file.fd) == 0); }
  SECTION("fdatasync") { REQUIRE(fdatasync(file.fd) == 0); }
  SECTION("munmap") { REQUIRE(munmap(m, 8 * kPage) == 0); }
  CHECK(file.real_size() == size);
  CHECK(raw_bytes(file.path) == std::string(kPage + 100, 'o'));
  CHECK(munmap(m, 8 * kPage) == 0);
}

TEST_CASE("after a shrink the rest of the last page reads as zeros, and grows as zeros") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  REQUIRE(ftruncate(file.fd, kPage + 10) == 0);
  CHECK((std::string(m + kPage, kPage) == std::string(10, 'o') + zeros(kPage - 10)));
  REQUIRE(ftruncate(file.fd, 8 * kPage) == 0);
  REQUIRE(msync(m, 8 * kPage, MS_SYNC) == 0);
  CHECK((raw_bytes(file.path) == std::string(kPage + 10, 'o') + zeros(7 * kPage - 10)));
  REQUIRE(munmap(m, 8 * kPage) == 0);
}

TEST_CASE("shrunk and grown again, a file reads as zeros where it was cut") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  const bool commit_between = GENERATE(false, true);
  REQUIRE(ftruncate(file.fd, 1000) == 0);
  if (commit_between) REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  const std::size_t size = GENERATE(std::size_t{2000}, 3 * kPage + 7, 8 * kPage, 12 * kPage);
  REQUIRE(ftruncate(file.fd, static_cast<off_t>(size)) == 0);
  const std::string expected = std::string(1000, 'o') + zeros(size - 1000);
  const std::size_t mapped = std::min(size, 8 * kPage);
  CHECK((std::string(m, mapped) == expected.substr(0, mapped)));
  CHECK((file.seen_bytes(0, size) == expected));
  REQUIRE(fsync(file.fd) == 0);
  CHECK((raw_bytes(file.path) == expected));
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK((raw_bytes(file.path) == expected));
}

TEST_CASE("killed before the commit, a shrink has not happened") {
  const std::string path = old_file();
  const int status = in_child([&] {
    const DataFile file(path);
    char *m = file.map(8 * kPage);
    store(m, "lost");
    if (ftruncate(file.fd, 10) != 0) return 1;
    return raise(SIGKILL);
  });
  REQUIRE(status == 128 + SIGKILL);
  const DataFile file(path);
  char *m = file.map(8 * kPage);
  CHECK((std::string(m, 8 * kPage) == kOld));
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK((raw_bytes(path) == kOld));
}

TEST_CASE("killed after shrinking, growing and storing without a commit, everything is as before") {
  const std::string path = old_file();
  const int status = in_child([&] {
    const DataFile file(path);
    char *m = file.map(16 * kPage);
    if (ftruncate(file.fd, 10) != 0 || ftruncate(file.fd, 12 * kPage) != 0) return 1;
    store(m + 11 * kPage, "lost");
    store(m + 5000, "lost");
    return raise(SIGKILL);
  });
  REQUIRE(status == 128 + SIGKILL);
  const DataFile file(path);
  char *m = file.map(8 * kPage);
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK((raw_bytes(path) == kOld));
}

TEST_CASE("killed after the commit, a shrink stays") {
  const std::string path = old_file();
  const bool grow_again = GENERATE(false, true);
  const int status = in_child([&] {
    const DataFile file(path);
    char *m = file.map(8 * kPage);
    store(m, "kept");
    if (ftruncate(file.fd, 10) != 0 || msync(m, kPage, MS_SYNC) != 0) return 1;
    if (grow_again && ftruncate(file.fd, 5 * kPage) != 0) return 2;
    return raise(SIGKILL);
  });
  REQUIRE(status == 128 + SIGKILL);
  const DataFile file(path);
  char *m = file.map(8 * kPage);
  CHECK(file.seen_size() == 10);
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK(raw_bytes(path) == "keptoooooo");
}

TEST_CASE("open with O_TRUNC, creat and fopen empty a managed file at the next commit") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  int fd = -1;
  SECTION("open") { fd = open(file.path.c_str(), O_RDWR | O_TRUNC); }
  SECTION("openat") { fd = openat(AT_FDCWD, file.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600); }
  SECTION("creat") { fd = creat(file.path.c_str(), 0600); }
  SECTION("fopen") {
    FILE *stream = fopen(file.path.c_str(), "w");
    REQUIRE(stream != nullptr);
    fd = dup(fileno(stream));
    fclose(stream);
  }
  SECTION("a file stream") {
    std::ofstream stream(file.path);
    CHECK(stream.good());
    stream.close();
    fd = open(file.path.c_str(), O_WRONLY);
  }
  REQUIRE(fd >= 0);
  CHECK(file.seen_size() == 0);
  CHECK(file.real_size() == 8 * kPage);
  REQUIRE(write(fd, "new", 3) == 3);
  CHECK(std::string(m, 4) == "new" + zeros(1));
  CHECK(file.seen_size() == 3);
  REQUIRE(close(fd) == 0);
  REQUIRE(fsync(file.fd) == 0);
  CHECK(raw_bytes(file.path) == "new");
  REQUIRE(munmap(m, 8 * kPage) == 0);
}

TEST_CASE("truncate by path shrinks like ftruncate") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  REQUIRE(truncate(file.path.c_str(), 5) == 0);
  CHECK(file.seen_size() == 5);
  CHECK(file.real_size() == 8 * kPage);
  REQUIRE(munmap(m, 8 * kPage) == 0);
  CHECK(raw_bytes(file.path) == "ooooo");
}

TEST_CASE("rolling back the whole file takes a change of size back") {
  const DataFile file(old_file());
  char *m = file.map(16 * kPage);
  const off_t size = GENERATE(off_t{10}, off_t{12 * kPage});
  store(m + 3, "lost");
  REQUIRE(ftruncate(file.fd, size) == 0);
  REQUIRE(SNAPSHOT_CALL(snapshot_rollback)(m, 16 * kPage) == 0);
  CHECK(file.seen_size() == 8 * kPage);
  CHECK((std::string(m, 8 * kPage) == kOld));
  REQUIRE(munmap(m, 16 * kPage) == 0);
  CHECK((raw_bytes(file.path) == kOld));
}

TEST_CASE("ftruncate's errors are the kernel's") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  const DataFile reader(file.path, O_RDONLY);
  errno = 0;
  CHECK(ftruncate(reader.fd, 0) == -1);
  CHECK(errno == EINVAL);
  CHECK(ftruncate(file.fd, -1) == -1);
  CHECK(errno == EINVAL);
  CHECK(ftruncate(-1, 0) == -1);
  CHECK(errno == EBADF);
  CHECK(truncate((file.path + "/x").c_str(), 0) == -1);
  CHECK(errno == ENOTDIR);
  CHECK(file.seen_size() == 8 * kPage);
  REQUIRE(munmap(m, 8 * kPage) == 0);
}

TEST_CASE("punching and zeroing make zeros that are committed like stores") {
  const DataFile file(old_file());
  char *m = file.map(8 * kPage);
  const int mode = GENERATE(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE,
                            FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
  REQUIRE(fallocate(file.fd, mode, 100, 2 * kPage) == 0);
  std::string expected = kOld;
  expected.replace(100, 2 * kPage, zeros(2 * kPage));
  CHECK((std::string(m, 8 * kPage) == expected));
  CHECK((file.seen_bytes(0, 8 * kPage) == expected));
  CHECK((raw_bytes(file.path) == kOld));
  REQUIRE(fsync(file.fd) == 0);
  CHECK((raw_bytes(file.path) == expected));
  errno = 0;
  CHECK(fallocate(file.fd, FALLOC_FL_COLLAPSE_RANGE, 0, kPage) == -1);
  CHECK(errno == EOPNOTSUPP);
  REQUIRE(munmap(m, 8 * kPage) == 0);
}
