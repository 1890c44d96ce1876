#include "platform/private_fd.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "in_child.h"

using snapshot::any_private;
using snapshot::close_private;
using snapshot::is_private;
using snapshot::make_private;

namespace {
bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }
}  // namespace

TEST_CASE("a private descriptor is high, close-on-exec and known as ours; the old number is free") {
  const int low = open("/dev/null", O_RDONLY);
  const int fd = make_private(low);
  REQUIRE(fd >= 512);
  CHECK_FALSE(is_open(low));
  CHECK(is_private(fd));
  CHECK(any_private());
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  close_private(fd);
  CHECK_FALSE(is_private(fd));
  CHECK_FALSE(any_private());
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("other descriptors, and numbers that are none, are not private") {
  CHECK_FALSE(is_private(0));
  CHECK_FALSE(is_private(-1));
  CHECK_FALSE(is_private(1 << 20));
  CHECK_FALSE(is_private(0x7fffffff));
  close_private(-1);
}

TEST_CASE("under a low limit on open files any free number will do") {
  CHECK(test::in_child([] {
          const rlimit limit = {64, 64};
          if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
          const int fd = make_private(open("/dev/null", O_RDONLY));
          return fd >= 3 && fd < 64 && is_private(fd) ? 0 : 2;
        }) == 0);
}

TEST_CASE("without a free number the descriptor is closed and the error returned") {
  CHECK(test::in_child([] {
          const int fd = open("/dev/null", O_RDONLY);
          const rlimit limit = {static_cast<rlim_t>(fd) + 1, static_cast<rlim_t>(fd) + 1};
          if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
          // Fill the holes below.
          while (dup(fd) >= 0) continue;
          return make_private(fd) == -EMFILE && !is_open(fd) ? 0 : 2;
        }) == 0);
}
