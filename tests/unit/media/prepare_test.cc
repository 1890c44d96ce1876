// Claim: where prepare_for_writing says yes, a store cannot raise SIGBUS for want of space; where there is no
// space it says ENOSPC. Method: a file with holes on a file system of one megabyte, mapped where the runtime
// maps it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "media/medium.h"
#include "quiet.h"
#include "small_disk.h"

namespace s = snapshot;

namespace {

#if __has_feature(thread_sanitizer)
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif
constexpr const char *kRangesTaken = "ThreadSanitizer keeps its shadow in the backing range";

// Where the backing of the first window is.
constexpr s::u64 kBacking = s::backing_of({s::kWorkingBase + s::kWindowSkew}).value;

class BackingMap {
 public:
  BackingMap(const std::string &path, s::u64 bytes) : bytes_(bytes) {
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const int truncated = ftruncate(fd_, static_cast<off_t>(bytes));
    file_ = map(kBacking, bytes, MAP_SHARED, fd_);
    page_map_ = map(s::kPageMapBase, s::kPageBytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ready_ = truncated == 0 && file_ && page_map_;
  }
  ~BackingMap() {
    if (file_) (void)munmap(s::BackingAddr{kBacking}.ptr(), bytes_);
    if (page_map_) (void)munmap(s::page_map(), s::kPageBytes);
    (void)close(fd_);
  }
  bool ready() const { return ready_; }
  int fd() const { return fd_; }

 private:
  static bool map(s::u64 address, s::u64 bytes, int flags, int fd) {
    auto *wanted = reinterpret_cast<void *>(address);
    return mmap(wanted, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, fd, 0) == wanted;
  }
  s::u64 bytes_;
  int fd_;
  bool file_, page_map_, ready_;
};

s::Medium medium_of(s::MediumKind kind) {
  s::Medium medium;
  medium.kind = kind;
  return medium;
}

int state_of(s::u64 page) { return s::page_map()[s::kWindowSkew / s::kPageBytes + page]; }

}  // namespace

TEST_CASE("pages are allocated before they are stored to, and just those") {
  if (kThreadSanitizer) return test::say_skipped("allocated pages", kRangesTaken);
  test::TempDir dir;
  for (auto kind : {s::MediumKind::memory, s::MediumKind::page_cache}) {
    BackingMap map(dir / (kind == s::MediumKind::memory ? "m" : "p"), 16 * s::kPageBytes);
    REQUIRE(map.ready());
    REQUIRE(s::prepare_for_writing(medium_of(kind), {kBacking + 2 * s::kPageBytes - 1}, 2, map.fd()).ok());
    // The two pages that the range touches have blocks; the hole before them is still one.
    CHECK(lseek(map.fd(), 0, SEEK_DATA) == static_cast<off_t>(s::kPageBytes));
    CHECK(lseek(map.fd(), static_cast<off_t>(s::kPageBytes), SEEK_HOLE) ==
          static_cast<off_t>(3 * s::kPageBytes));
    if (kind == s::MediumKind::memory) {
      CHECK(state_of(0) == 0);
      CHECK(state_of(1) == 1);
      CHECK(state_of(2) == 1);
      CHECK(state_of(3) == 0);
      // Around what is prepared already.
      REQUIRE(s::prepare_for_writing(medium_of(kind), {kBacking}, 6 * s::kPageBytes, map.fd()).ok());
      for (s::u64 page = 0; page < 6; ++page) CHECK(state_of(page) == 1);
      CHECK(state_of(6) == 0);
    }
  }
}

TEST_CASE("a full disk is ENOSPC, not a signal, and preparing again works once there is room") {
  if (kThreadSanitizer) return test::say_skipped("full disk", kRangesTaken);
  test::SmallDisk disk("tmpfs", "size=1m");
  if (!disk.mounted()) return test::say_skipped("full disk", "cannot mount a tmpfs (needs root)");
  for (auto kind : {s::MediumKind::memory, s::MediumKind::page_cache}) {
    test::write_file(disk / "ballast", std::string(600 << 10, 'b'));
    BackingMap map(disk / "data", 512 << 10);
    REQUIRE(map.ready());
    CHECK(s::prepare_for_writing(medium_of(kind), {kBacking}, 512 << 10, map.fd()).error == ENOSPC);
    REQUIRE(unlink((disk / "ballast").c_str()) == 0);
    REQUIRE(s::prepare_for_writing(medium_of(kind), {kBacking}, 512 << 10, map.fd()).ok());
    for (s::u64 at = 0; at < (512 << 10); at += 64) s::BackingAddr{kBacking + at}.ptr()[0] = 1;
    REQUIRE(unlink((disk / "data").c_str()) == 0);
  }
}

TEST_CASE("pages that have become a huge page keep their bytes, and stay prepared") {
  if (kThreadSanitizer) return test::say_skipped("huge pages", kRangesTaken);
  test::SmallDisk disk("tmpfs", "size=16m,huge=never");
  if (!disk.mounted()) return test::say_skipped("huge pages", "cannot mount a tmpfs (needs root)");
  constexpr s::u64 pages = 1025;
  BackingMap map(disk / "data", pages * s::kPageBytes);
  REQUIRE(map.ready());
  const auto page = [](s::u64 i) { return s::BackingAddr{kBacking + i * s::kPageBytes}; };
  for (s::u64 i = 0; i < pages; ++i) {
    const s::u64 n = i * 7 % pages;  // the last page of each huge one comes at another time
    REQUIRE(s::prepare_for_writing(medium_of(s::MediumKind::memory), page(n), 1, map.fd()).ok());
    *page(n).ptr() = static_cast<s::u8>(n % 251);
  }
  for (s::u64 i = 0; i < pages; ++i) {
    REQUIRE(*page(i).ptr() == i % 251);
    REQUIRE(s::is_prepared(page(i), s::kPageBytes));
  }
}
