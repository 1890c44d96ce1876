// Programs that become daemons close every descriptor there is; the library's own are not among them.
#include <catch2/catch.hpp>

#include "files.h"
#include "in_child.h"

using namespace test;

namespace {

// In a child: after the descriptors are gone, the mapping must still commit.
template <typename Close>
int survives(const DataFile &file, Close close_them) {
  return in_child([&] {
    char *m = file.map(kPage);
    store(m, "before");
    close_them();
    if (msync(m, kPage, MS_SYNC) != 0) return 1;
    store(m, "after ");
    if (msync(m, kPage, MS_SYNC) != 0) return 2;
    return munmap(m, kPage) == 0 && !has_log(file.path) ? 0 : 3;
  });
}

}  // namespace

TEST_CASE("closing all descriptors leaves the library's alone") {
  const DataFile file(kPage);
  SECTION("one by one") {
    CHECK(survives(file, [] {
            for (int fd = 0; fd < 4096; ++fd) close(fd);
          }) == 0);
  }
  SECTION("close_range") {
    CHECK(survives(file, [] { close_range(0, ~0u, 0); }) == 0);
  }
  SECTION("closefrom") {
    CHECK(survives(file, [] { closefrom(3); }) == 0);
  }
  SECTION("dup2 onto every number") {
    CHECK(survives(file, [&] {
            for (int fd = 3; fd < 1000; ++fd)
              if (fd != file.fd) (void)dup2(file.fd, fd);
          }) == 0);
  }
  CHECK(file.real_bytes(0, 6) == "after ");
}

TEST_CASE("close_range closes what it says and nothing else") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  CHECK(in_child([&] {
          const int a = dup(0), b = dup(0), c = dup(0);
          if (close_range(static_cast<unsigned>(a), static_cast<unsigned>(b), 0) != 0) return 1;
          if (fcntl(a, F_GETFD) != -1 || fcntl(b, F_GETFD) != -1 || fcntl(c, F_GETFD) == -1) return 2;
          if (close_range(5, 4, 0) != -1 || errno != EINVAL) return 3;
          return close(4095) == -1 && errno == EBADF ? 0 : 4;
        }) == 0);
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("no descriptor of the library's is inherited by another program") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  // 0, 1, 2 and the one that ls reads the directory with; the shell's own are close-on-exec.
  const std::string command =
      "test -z \"$(readlink /proc/self/fd/* | grep -F '" + directory().path() + "')\"";
  CHECK(system(command.c_str()) == 0);
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("the program's descriptor numbers stay small and dense") {
  const DataFile file(kPage);
  const int before = dup(0);
  close(before);
  char *m = file.map(kPage);
  const int after = dup(0);
  CHECK(after == before);
  close(after);
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("a log survives the program's closing and reopening of the file") {
  DataFile file(kPage);
  char *m = file.map(kPage);
  close(file.fd);
  file.fd = open(file.path.c_str(), O_RDWR | O_CLOEXEC);
  store(m, "again");
  REQUIRE(fsync(file.fd) == 0);
  CHECK(file.real_bytes(0, 5) == "again");
  REQUIRE(munmap(m, kPage) == 0);
}
