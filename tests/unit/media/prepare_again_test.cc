// Preparing again, and preparing that the kernel does not do at the first try (media/medium.h).
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "media/medium.h"
#include "quiet.h"
#include "small_disk.h"

namespace s = snapshot;

#if !__has_feature(thread_sanitizer)  // which keeps its shadow in the backing range

TEST_CASE("on page-cache media a block that is gone again is allocated again") {
  test::TempDir dir;
  const int fd = open((dir / "data").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(ftruncate(fd, s::kPageBytes) == 0);
  constexpr s::u64 backing = s::backing_of({s::kWorkingBase + s::kWindowSkew}).value;
  auto *wanted = reinterpret_cast<void *>(backing);
  REQUIRE(mmap(wanted, s::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) ==
          wanted);
  const s::Medium medium;
  for (int round = 0; round < 2; ++round) {
    REQUIRE(lseek(fd, 0, SEEK_DATA) == -1);
    REQUIRE(s::prepare_for_writing(medium, {backing}, 64, fd).ok());
    CHECK(lseek(fd, 0, SEEK_DATA) == 0);
    REQUIRE(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, s::kPageBytes) == 0);
  }
  (void)munmap(wanted, s::kPageBytes);
  (void)close(fd);
}

#endif
