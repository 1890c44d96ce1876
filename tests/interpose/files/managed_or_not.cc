// Which mappings are managed, and that the others are the kernel's.

#include <catch2/catch.hpp>

#include "files.h"

using namespace test;

namespace {

void *map(int fd, int protection, int flags, std::size_t bytes = kPage, off_t offset = 0) {
  return mmap(nullptr, bytes, protection, flags, fd, offset);
}
constexpr int kBoth = PROT_READ | PROT_WRITE;

// Mapped, works, and is not ours.
void require_plain(void *address) {
  REQUIRE(address != MAP_FAILED);
  CHECK_FALSE(is_managed(address, 1));
  REQUIRE(munmap(address, kPage) == 0);
}

}  // namespace

TEST_CASE("a shared writable mapping of a regular file is managed") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  CHECK(is_managed(m, kPage));
  CHECK(has_log(file.path));
  store(m, 'a');
  CHECK(file.real_bytes(0, 1) == zeros(1));
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(0, 1) == "a");
  REQUIRE(munmap(m, kPage) == 0);
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("MAP_SHARED_VALIDATE and mmap64 are managed, too") {
  const DataFile file(kPage);
  void *a = map(file.fd, kBoth, MAP_SHARED_VALIDATE);
  void *b = mmap64(nullptr, kPage, kBoth, MAP_SHARED | MAP_POPULATE | MAP_NORESERVE, file.fd, 0);
  CHECK(is_managed(a, kPage));
  CHECK(a == b);
  REQUIRE(munmap(a, kPage) == 0);
  REQUIRE(munmap(b, kPage) == 0);
}

TEST_CASE("private, anonymous and read-only mappings are not managed") {
  const DataFile file(kPage);
  require_plain(map(file.fd, kBoth, MAP_PRIVATE));
  require_plain(map(file.fd, PROT_READ, MAP_SHARED));
  require_plain(map(file.fd, PROT_NONE, MAP_SHARED));
  require_plain(map(-1, kBoth, MAP_SHARED | MAP_ANONYMOUS));
  require_plain(map(file.fd, kBoth, MAP_SHARED | MAP_ANONYMOUS));
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("a private mapping of a managed file is a private copy of what is committed") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  auto *copy = static_cast<char *>(map(file.fd, kBoth, MAP_PRIVATE));
  REQUIRE(copy != MAP_FAILED);
  CHECK_FALSE(is_managed(copy, 1));
  copy[0] = 'x';
  CHECK(m[0] == 0);
  REQUIRE(munmap(copy, kPage) == 0);
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("files without a name are not managed") {
  DataFile unlinked(kPage);
  REQUIRE(unlink(unlinked.path.c_str()) == 0);
  require_plain(map(unlinked.fd, kBoth, MAP_SHARED));

  const int memory = memfd_create("test", 0);
  REQUIRE(ftruncate(memory, kPage) == 0);
  require_plain(map(memory, kBoth, MAP_SHARED));
  close(memory);

  const int nameless = open(directory().path().c_str(), O_TMPFILE | O_RDWR, 0600);
  if (nameless >= 0) {
    REQUIRE(ftruncate(nameless, kPage) == 0);
    require_plain(map(nameless, kBoth, MAP_SHARED));
    close(nameless);
  }
}

TEST_CASE("devices are not managed") {
  const int zero = open("/dev/zero", O_RDWR);
  REQUIRE(zero >= 0);
  require_plain(map(zero, kBoth, MAP_SHARED));
  close(zero);
}

TEST_CASE("errors are the kernel's") {
  DataFile file(kPage);
  const auto fails = [](void *result, int error) { return result == MAP_FAILED && errno == error; };
  const int read_only = open(file.path.c_str(), O_RDONLY);
  const int write_only = open(file.path.c_str(), O_WRONLY);
  const int path_only = open(file.path.c_str(), O_PATH);
  const int folder = open(directory().path().c_str(), O_RDONLY);
  CHECK(fails(map(read_only, kBoth, MAP_SHARED), EACCES));
  CHECK(fails(map(write_only, kBoth, MAP_SHARED), EACCES));
  CHECK(fails(map(path_only, kBoth, MAP_SHARED), EBADF));
  CHECK(fails(map(folder, PROT_READ, MAP_SHARED), ENODEV));
  CHECK(fails(map(-1, kBoth, MAP_SHARED), EBADF));
  CHECK(fails(map(4000, kBoth, MAP_SHARED), EBADF));
  CHECK(fails(map(file.fd, kBoth, MAP_SHARED, 0), EINVAL));
  CHECK(fails(map(file.fd, kBoth, MAP_SHARED, kPage, 1), EINVAL));
  CHECK(fails(map(file.fd, kBoth, MAP_SHARED, kPage, -4096), EOVERFLOW));
  CHECK(fails(map(file.fd, kBoth, 0), EINVAL));
  CHECK(fails(map(file.fd, kBoth, MAP_SHARED, ~std::size_t{0}), ENOMEM));
  for (const int fd : {read_only, write_only, path_only, folder}) close(fd);
  CHECK_FALSE(has_log(file.path));

  SECTION("and the same once something is managed") {
    char *m = file.map(kPage);
    const int again = open(file.path.c_str(), O_RDONLY);
    CHECK(fails(map(again, kBoth, MAP_SHARED), EACCES));
    CHECK(fails(map(file.fd, kBoth, MAP_SHARED, 0), EINVAL));
    CHECK(fails(map(file.fd, kBoth, MAP_SHARED, kPage, 1), EINVAL));
    close(again);
    REQUIRE(munmap(m, kPage) == 0);
  }
}

TEST_CASE("MAP_FIXED over a managed file is refused, and nothing is lost") {
  const DataFile file(2 * kPage), other(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "before");
  errno = 0;
  CHECK(mmap(m, kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
  CHECK(errno == EINVAL);
  CHECK(mmap(m, kPage, kBoth, MAP_SHARED | MAP_FIXED, other.fd, 0) == MAP_FAILED);
  CHECK(errno == EINVAL);
  CHECK(last_message().find("MAP_FIXED") != std::string::npos);
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(0, 6) == "before");
  // At its own address there is nothing to refuse.
  CHECK(mmap(m, kPage, kBoth, MAP_SHARED | MAP_FIXED, file.fd, 0) == m);
  CHECK(std::string(m, 6) == "before");
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("MAP_FIXED elsewhere is refused for a managed file, which is closed again") {
  const DataFile file(kPage);
  void *here = map(-1, kBoth, MAP_PRIVATE | MAP_ANONYMOUS);
  errno = 0;
  CHECK(mmap(here, kPage, kBoth, MAP_SHARED | MAP_FIXED, file.fd, 0) == MAP_FAILED);
  CHECK(errno == EINVAL);
  CHECK_FALSE(has_log(file.path));
  REQUIRE(munmap(here, kPage) == 0);
}

TEST_CASE("opening and closing without a write changes neither bytes nor time") {
  const std::string path = new_path();
  write_file(path, std::string(5000, 'k'));
  const timespec old[2] = {{1000, 5}, {1000, 5}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  const DataFile file(path);
  char *m = file.map(2 * kPage);
  CHECK(m[4999] == 'k');
  REQUIRE(msync(m, 2 * kPage, MS_SYNC) == 0);
  REQUIRE(fsync(file.fd) == 0);
  REQUIRE(munmap(m, 2 * kPage) == 0);
  struct stat st;
  REQUIRE(syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, 0) == 0);
  CHECK(st.st_mtim.tv_sec == 1000);
  CHECK(st.st_mtim.tv_nsec == 5);
  CHECK(raw_bytes(path) == std::string(5000, 'k'));
  CHECK_FALSE(has_log(path));
}
