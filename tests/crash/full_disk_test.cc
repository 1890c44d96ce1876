// Invariant 5: every error leaves the file at a commit boundary and the program able to retry: a full disk.
// Each case fills a small file system of its own (root only), meets ENOSPC and never a signal, frees the
// space and goes on. Each runs in a child, so that a signal is a failure here.
#include <catch2/catch.hpp>
#include <cerrno>
#include <functional>

#include "in_child.h"
#include "small_disk.h"
#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096;
int error_of(int result) { return result == 0 ? 0 : errno; }

// Everything that is left, so that not even one page can be had.
class Ballast {
 public:
  explicit Ballast(const SmallDisk &disk) : path_(disk / "ballast") {
    const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const std::string block(64 * page, 'b');
    for (std::size_t size = block.size(); size > 0;)
      if (syscall(SYS_write, fd, block.data(), size) <= 0) size /= 2;
    close(fd);
  }
  void free() const { (void)unlink(path_.c_str()); }

 private:
  std::string path_;
};

// What a crash after the steps leaves; they end with raise(SIGKILL).
void check_crash_leaves(const std::string &expected, const std::string &path,
                        const std::function<int()> &steps) {
  CHECK(in_child(steps) == 128 + SIGKILL);
  CHECK(in_child([&] {
          MappedFile file(path, expected.size());
          return file.on_file() == expected ? 0 : 1;
        }) == 0);
}

#define REQUIRE_DISK(disk)                                         \
  if (!(disk).mounted()) {                                         \
    say_skipped("full disk", "cannot mount a tmpfs (needs root)"); \
    return;                                                        \
  }

}  // namespace

TEST_CASE("invariant 5: errors: no space for the log makes mmap fail, and it can be repeated") {
  SmallDisk disk("tmpfs", "size=1m");
  REQUIRE_DISK(disk);
  const std::string contents(64 * page / 4, 'd');
  write_file(disk / "data", contents);
  CHECK(in_child([&] {
          const Ballast ballast(disk);
          const int fd = open((disk / "data").c_str(), O_RDWR | O_CLOEXEC);
          if (mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED || errno != ENOSPC)
            return 1;
          if (std::string(snapshot_last_error()).find("free some space") == std::string::npos) return 2;
          if (bytes_in_file(disk / "data") != contents || exists(disk / "data.snaplog")) return 3;
          ballast.free();
          MappedFile file(disk / "data", contents.size());
          store(file.begin(), 'x');
          return file.commit() == 0 && file.on_file()[0] == 'x' ? 0 : 4;
        }) == 0);
}

TEST_CASE("invariant 5: errors: no space for a larger log makes msync fail, and nothing is lost") {
  SmallDisk disk("tmpfs", "size=4m");
  REQUIRE_DISK(disk);
  const std::string contents(1 << 20, 'd');
  write_file(disk / "data", contents);
  const int status = in_child([&] {
    MappedFile file(disk / "data", contents.size());
    const Ballast ballast(disk);
    fill(file.begin(), 'n', file.size());
    const auto before = statistics();
    for (int i = 0; i < 3; ++i)
      if (error_of(file.commit()) != ENOSPC) return 1;
    if (std::string(snapshot_last_error()).find("nothing is lost") == std::string::npos) return 2;
    if (file.on_file() != contents) return 3;
    if (statistics().commits_failed != before.commits_failed + 3) return 4;
    // What the log has room for can be committed.
    if (msync(file.begin(), page, MS_SYNC) != 0) return 5;
    if (file.on_file() != std::string(page, 'n') + contents.substr(page)) return 6;
    ballast.free();
    if (file.commit() != 0) return 7;
    return file.on_file() == std::string(contents.size(), 'n') ? 0 : 8;
  });
  CHECK(status == 0);
  write_file(disk / "data", contents);
  check_crash_leaves(contents, disk / "data", [&] {
    MappedFile file(disk / "data", contents.size());
    const Ballast ballast(disk);
    fill(file.begin(), 'n', file.size());
    if (error_of(file.commit()) != ENOSPC) return 1;
    ballast.free();
    return raise(SIGKILL);
  });
}

TEST_CASE("invariant 5: errors: a hole that cannot be filled") {
  SmallDisk disk("tmpfs", "size=4m");
  REQUIRE_DISK(disk);
  const int status = in_child([&] {
    MappedFile file(disk / "data", 1 << 20);
    const Ballast ballast(disk);
    for (std::size_t i = 0; i < file.size(); i += page) store(file.begin() + i, 'n');
    const int error = error_of(file.commit());
    if (error != ENOSPC && error != 0) return 1;
    if (error == ENOSPC && file.on_file() != std::string(file.size(), 0)) return 2;
    ballast.free();
    if (file.commit() != 0) return 3;
    return file.on_file() == file.working() ? 0 : 4;
  });
  CHECK(status == 0);
}

TEST_CASE("invariant 5: errors: a sparse file is mapped on a full disk") {
  SmallDisk disk("tmpfs", "size=4m");
  REQUIRE_DISK(disk);
  write_file(disk / "data", "");
  REQUIRE(truncate((disk / "data").c_str(), 64 * page) == 0);
  const int status = in_child([&] {
    const int fd = open((disk / "data").c_str(), O_RDWR | O_CLOEXEC);
    {
      // The log is there, so that it is the holes that find no space.
      MappedFile log_holder(disk / "other", page);
      const Ballast ballast(disk);
      void *const mapped = mmap(nullptr, 64 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (mapped == MAP_FAILED && errno != ENOSPC) return 1;
      ballast.free();
    }
    MappedFile file(disk / "data", 64 * page);
    const Ballast ballast(disk);
    for (std::size_t i = 0; i < file.size(); i += page)
      if (*file.at<char>(i) != 0) return 2;
    ballast.free();
    return 0;
  });
  CHECK(status == 0);
}

TEST_CASE("invariant 5: errors: write and ftruncate on a full disk") {
  SmallDisk disk("tmpfs", "size=4m");
  REQUIRE_DISK(disk);
  const std::string contents(2 * page, 'd');
  write_file(disk / "data", contents);
  const int status = in_child([&] {
    MappedFile file(disk / "data", 64 * page);
    const Ballast ballast(disk);
    const std::string bytes(8 * page, 'n');
    if (pwrite(file.fd(), bytes.data(), bytes.size(), 2 * page) >= 0 || errno != ENOSPC) return 1;
    // Inside the file there is room.
    if (pwrite(file.fd(), "abc", 3, 100) != 3 || file.commit() != 0) return 2;
    if (file.on_file().substr(0, 2 * page) !=
        std::string(100, 'd') + "abc" + std::string(2 * page - 103, 'd'))
      return 3;
    // A larger size needs no blocks yet.
    const int error = error_of(ftruncate(file.fd(), 20 * page));
    if (error != 0 && error != ENOSPC) return 4;
    ballast.free();
    if (ftruncate(file.fd(), 20 * page) != 0) return 5;
    if (pwrite(file.fd(), bytes.data(), bytes.size(), 2 * page) != 8 * page) return 6;
    if (file.commit() != 0) return 7;
    return file.on_file() == std::string(file.begin(), 20 * page) ? 0 : 8;
  });
  CHECK(status == 0);
}

TEST_CASE("invariant 5: errors: a file that has grown on a full disk is stored to, and its commit fails") {
  SmallDisk disk("tmpfs", "size=4m");
  REQUIRE_DISK(disk);
  write_file(disk / "data", std::string(2 * page, 'd'));
  const int status = in_child([&] {
    MappedFile file(disk / "data", 64 * page);
    const Ballast ballast(disk);
    if (ftruncate(file.fd(), 64 * page) != 0) {
      // With a lazy working copy the blocks are allocated here. Nothing has changed, and it can be repeated.
      if (errno != ENOSPC || file.on_file() != std::string(2 * page, 'd')) return 1;
      ballast.free();
      if (ftruncate(file.fd(), 64 * page) != 0) return 6;
      for (std::size_t i = 0; i < file.size(); i += page) store(file.begin() + i, 'n');
      return file.commit() == 0 && file.on_file() == file.working() ? 0 : 7;
    }
    for (std::size_t i = 0; i < file.size(); i += page) store(file.begin() + i, 'n');
    if (error_of(file.commit()) != ENOSPC) return 2;
    if (file.on_file().substr(0, 2 * page) != std::string(2 * page, 'd')) return 3;
    ballast.free();
    if (file.commit() != 0) return 4;
    return file.on_file() == file.working() ? 0 : 5;
  });
  CHECK(status == 0);
}
