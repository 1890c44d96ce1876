// Thousands of files at once, and very large ones.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "files.h"
#include "in_child.h"

using namespace test;

namespace {

// On a disk each file costs several syncs.
std::size_t fewer_on_disk(std::size_t count) {
  const char *medium = getenv("SNAPSHOT_MEDIA");
  return medium != nullptr && std::string(medium) == "page-cache" ? count / 20 : count;
}

bool raise_limit_on_files(rlim_t wanted) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = wanted;
  if (limit.rlim_max < wanted) limit.rlim_max = wanted;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

TEST_CASE("two thousand files of 64 KiB at once") {
  constexpr std::size_t kBytes = 64 << 10;
  const std::size_t count = fewer_on_disk(2000);
  CHECK(in_child([&] {
          if (!raise_limit_on_files(5000)) return 77;
          std::vector<std::unique_ptr<DataFile>> files;
          std::vector<char *> mapped;
          for (std::size_t i = 0; i < count; ++i) {
            files.push_back(std::make_unique<DataFile>(kBytes));
            mapped.push_back(files[i]->map(kBytes));
            store(mapped[i] + i * 29 % kBytes, "file " + std::to_string(i));
            // Descriptors are not needed once a file is mapped.
            if (i % 2 == 0) close(files[i]->fd), files[i]->fd = -1;
          }
          if (statistics().files_managed != count) return 1;
          for (std::size_t i = 0; i < count; i += 3)
            if (msync(mapped[i], kBytes, MS_SYNC) != 0) return 2;
          for (std::size_t i = 0; i < count; ++i)
            if (munmap(mapped[i], kBytes) != 0) return 3;
          for (std::size_t i = 0; i < count; ++i) {
            const std::string text = "file " + std::to_string(i);
            if (files[i]->real_bytes(i * 29 % kBytes, text.size()) != text || has_log(files[i]->path))
              return 4;
            unlink(files[i]->path.c_str());
          }
          return statistics().files_managed == 0 ? 0 : 5;
        }) == 0);
}

TEST_CASE("one file after the other") {
  for (std::size_t i = 0; i < fewer_on_disk(400); ++i) {
    const DataFile file(kPage);
    char *m = file.map(kPage);
    store(m, 'x');
    REQUIRE(munmap(m, kPage) == 0);
    REQUIRE(raw_bytes(file.path)[0] == 'x');
    unlink(file.path.c_str());
  }
}

TEST_CASE("large sparse files stay sparse") {
  constexpr std::size_t kBytes = std::size_t{20} << 30;
  std::vector<std::unique_ptr<DataFile>> files;
  std::vector<char *> mapped;
  // An eager copy reads it all.
  const char *copy = getenv("SNAPSHOT_COPY");
  const std::size_t bytes = copy != nullptr && std::string(copy) == "eager" ? std::size_t{64} << 20 : kBytes;
  for (int i = 0; i < 3; ++i) {
    files.push_back(std::make_unique<DataFile>(bytes));
    mapped.push_back(files.back()->map(bytes));
    store(mapped.back() + bytes - 1, 'e');
    store(mapped.back() + bytes / 2, 'm');
  }
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(msync(mapped[i], bytes, MS_SYNC) == 0);
    char byte = 0;
    const long fd = syscall(SYS_openat, AT_FDCWD, files[i]->path.c_str(), O_RDONLY);
    CHECK(syscall(SYS_pread64, fd, &byte, 1, bytes - 1) == 1);
    CHECK(byte == 'e');
    CHECK(syscall(SYS_pread64, fd, &byte, 1, bytes / 2) == 1);
    CHECK(byte == 'm');
    syscall(SYS_close, fd);
    struct stat st;
    REQUIRE(fstat(files[i]->fd, &st) == 0);
    CHECK(st.st_blocks * 512 < 64 << 20);
    REQUIRE(munmap(mapped[i], bytes) == 0);
    unlink(files[i]->path.c_str());
  }
}
