// Results and errno of mapping calls: each runs on a managed mapping and, by raw system calls, on an ordinary
// one of the same shape; where the program could tell, they must agree.
#include <catch2/catch.hpp>

#include "files.h"
#include "in_child.h"
#include "syscall_fault.h"

using namespace test;

namespace {

constexpr std::size_t kMapped = 4 * kPage;

struct Outcome {
  long result;
  int error;
  bool operator==(const Outcome &) const = default;
};
std::ostream &operator<<(std::ostream &out, const Outcome &o) {
  return out << o.result << " (" << (o.error == 0 ? "ok" : strerrorname_np(o.error)) << ")";
}

// Four pages, of which the third is unmapped, and nothing behind them.
class Subject {
 public:
  explicit Subject(bool managed) : managed_(managed), file_(kMapped) {
    void *reserved = nullptr;
    if (!managed) reserved = mmap(nullptr, 16 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (managed) {
      begin_ = file_.map(kMapped);
    } else {
      begin_ = reinterpret_cast<char *>(
          syscall(SYS_mmap, reserved, kMapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_.fd, 0L));
      syscall(SYS_munmap, begin_ + kMapped, 12 * kPage);
    }
    run(SYS_munmap, 2 * kPage, kPage, 0);
  }
  ~Subject() { run(SYS_munmap, 0, kMapped, 0); }

  Outcome run(long call, std::size_t offset, std::size_t length, int argument) {
    errno = 0;
    const long result = managed_ ? interposed(call, begin_ + offset, length, argument)
                                 : syscall(call, begin_ + offset, length, argument);
    return {result, result == -1 ? errno : 0};
  }

 private:
  static long interposed(long call, char *address, std::size_t length, int argument) {
    switch (call) {
      case SYS_msync:
        return msync(address, length, argument);
      case SYS_munmap:
        return munmap(address, length);
      case SYS_madvise:
        return madvise(address, length, argument);
      default:
        return mprotect(address, length, argument);
    }
  }
  bool managed_;
  DataFile file_;
  char *begin_;
};

class Pair {
 public:
  void check_same(const char *name, long call, std::size_t offset, std::size_t length, int argument) {
    CAPTURE(name, offset, length, argument);
    const Outcome expected = ordinary_.run(call, offset, length, argument);
    CHECK(managed_.run(call, offset, length, argument) == expected);
  }

 private:
  Subject managed_{true}, ordinary_{false};
};

constexpr std::size_t kOffsets[] = {0, 1, 64, kPage - 1, kPage, 2 * kPage, 3 * kPage};
constexpr std::size_t kHuge = ~std::size_t{0};
constexpr std::size_t kLengths[] = {0,       1,     kPage,         kPage + 1, 2 * kPage,
                                    kMapped, kHuge, kHuge - kPage, kHuge / 2};

}  // namespace

TEST_CASE("msync of any range and with any flags") {
  Pair pair;
  for (const std::size_t offset : kOffsets)
    for (const std::size_t length : kLengths)
      for (const int flags : {MS_SYNC, MS_ASYNC, MS_SYNC | MS_INVALIDATE})
        pair.check_same("msync", SYS_msync, offset, length, flags);
  for (const int flags : {0, MS_INVALIDATE, MS_SYNC | MS_ASYNC, 8, -1})
    pair.check_same("msync", SYS_msync, 0, kPage, flags);
}

TEST_CASE("munmap of any range") {
  for (const std::size_t offset : kOffsets)
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, kPage, kPage + 1, 2 * kPage, kMapped, kHuge})
      Pair().check_same("munmap", SYS_munmap, offset, length, 0);
}

TEST_CASE("madvise that changes no contents") {
  Pair pair;
  for (const int advice : {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
                           MADV_DONTDUMP, MADV_DODUMP, 12345}) {
    pair.check_same("madvise", SYS_madvise, 0, kPage, advice);
    pair.check_same("madvise", SYS_madvise, 1, kPage, advice);
    pair.check_same("madvise", SYS_madvise, kPage, 0, advice);
  }
}

TEST_CASE("MADV_DONTNEED loses nothing") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "still here");
  REQUIRE(madvise(m, kPage, MADV_DONTNEED) == 0);
  CHECK(std::string(m, 10) == "still here");
  REQUIRE(posix_madvise(m, kPage, POSIX_MADV_DONTNEED) == 0);
  CHECK(std::string(m, 10) == "still here");
  REQUIRE(munmap(m, kPage) == 0);
  CHECK(file.real_bytes(0, 10) == "still here");
}

TEST_CASE("protection can be changed and is obeyed") {
  for (const int protection : {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE}) {
    Pair().check_same("mprotect", SYS_mprotect, 0, kPage, protection);
    Pair().check_same("mprotect", SYS_mprotect, 1, kPage, protection);
  }
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "old");
  REQUIRE(mprotect(m, kPage, PROT_READ) == 0);
  CHECK(std::string(m, 3) == "old");
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  REQUIRE(mprotect(m, kPage, PROT_READ | PROT_WRITE) == 0);
  store(m, "new");
  REQUIRE(munmap(m, kPage) == 0);
  CHECK(file.real_bytes(0, 3) == "new");
}

TEST_CASE("protected pages are committed, read, written, cut and grown") {
  const int protection = GENERATE(PROT_NONE, PROT_READ);
  // Where the kernel forbids to go around a protection, it is lifted.
  const bool hardened = GENERATE(false, true);
  const DataFile file(8 * kPage);
  const int status = in_child([&] {
    char *m = file.map(8 * kPage);
    for (std::size_t i = 0; i < 8; ++i) store(m + i * kPage, "page" + std::to_string(i));
    if (mprotect(m + kPage, 6 * kPage, protection) != 0) return 1;
    if (hardened && !inject(SYS_openat, 2, O_CLOEXEC, (O_WRONLY | O_CLOEXEC) + 1, fails_with(EACCES)))
      return 2;
    if (file.seen_bytes(kPage, 5) != "page1" || file.seen_bytes(6 * kPage, 5) != "page6") return 3;
    if (msync(m, 8 * kPage, MS_SYNC) != 0) return 4;
    if (pwrite(file.fd, "wrote", 5, 2 * kPage) != 5) return 5;
    if (ftruncate(file.fd, 4 * kPage + 2) != 0 || ftruncate(file.fd, 8 * kPage) != 0) return 6;
    if (fallocate(file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * kPage, kPage) != 0) return 7;
    return fsync(file.fd) == 0 ? 0 : 8;
  });
  CAPTURE(protection, hardened);
  REQUIRE(status == 0);
  const DataFile recovered(file.path);
  std::string expected = zeros(8 * kPage);
  expected.replace(0, 5, "page0").replace(kPage, 5, "page1").replace(2 * kPage, 5, "wrote");
  expected.replace(4 * kPage, 2, "pa");
  CHECK(recovered.real_bytes(0, 8 * kPage) == expected);
}

TEST_CASE("a rollback, too, reaches what the program may not") {
  const DataFile file(3 * kPage);
  char *m = file.map(3 * kPage);
  store(m + kPage, "committed");
  REQUIRE(msync(m, 3 * kPage, MS_SYNC) == 0);
  for (const int protection : {PROT_NONE, PROT_READ}) {
    store(m + kPage, "taken back");
    REQUIRE(mprotect(m + kPage, kPage, protection) == 0);
    REQUIRE(SNAPSHOT_CALL(snapshot_rollback)(m, 3 * kPage) == 0);
    // The protection is what it was.
    CHECK(in_child([&]() -> int {
            signal(SIGSEGV, SIG_DFL);
            *static_cast<volatile char *>(m + kPage) = 'x';
            return 0;
          }) == 128 + SIGSEGV);
    REQUIRE(mprotect(m + kPage, kPage, PROT_READ | PROT_WRITE) == 0);
    CHECK(std::string(m + kPage, 10) == "committed" + zeros(1));
  }
  REQUIRE(munmap(m, 3 * kPage) == 0);
  CHECK(file.real_bytes(kPage, 10) == "committed" + zeros(1));
}

TEST_CASE("mremap of what is not a mapping, and of sizes that cannot be") {
  const DataFile file(kMapped);
  char *m = file.map(2 * kPage);
  const auto fails = [](void *result, int error) { return result == MAP_FAILED && errno == error; };
  CHECK(fails(mremap(m + 1, kPage, kPage, 0), EINVAL));
  CHECK(fails(mremap(m, kPage, 0, 0), EINVAL));
  CHECK(fails(mremap(m + 8 * kPage, kPage, 2 * kPage, MREMAP_MAYMOVE), EFAULT));
  char *elsewhere = m + (std::size_t{1} << 20);
  CHECK(fails(mremap(m, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere), EINVAL));
  CHECK(is_managed(m, 2 * kPage));
  REQUIRE(munmap(m, 2 * kPage) == 0);
}

TEST_CASE("the API's errors") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  char local[64];
  const auto fails = [](int result, int error) {
    return result == -1 && errno == error && !last_message().empty();
  };
  CHECK(fails(SNAPSHOT_CALL(snapshot_commit)(local, 1), EINVAL));
  CHECK(fails(SNAPSHOT_CALL(snapshot_commit)(nullptr, 1), EINVAL));
  CHECK(fails(SNAPSHOT_CALL(snapshot_commit)(m, 2 * kPage), ENOMEM));
  CHECK(fails(SNAPSHOT_CALL(snapshot_rollback)(m + kPage, 1), EINVAL));
  CHECK(fails(SNAPSHOT_CALL(snapshot_commit)(m, SNAPSHOT_WHOLE_FILE - 1), ENOMEM));
  CHECK(SNAPSHOT_CALL(snapshot_commit)(m + 3, 0) == 0);
  CHECK(SNAPSHOT_CALL(snapshot_commit)(m + 3, 1) == 0);
  SNAPSHOT_CALL(snapshot_log_range)(local, sizeof local);
  SNAPSHOT_CALL(snapshot_log_range)(m, kHuge);
  SNAPSHOT_CALL(snapshot_log_range)(nullptr, 0);
  CHECK(SNAPSHOT_CALL(snapshot_is_managed)(m, 0) == 1);
  CHECK(SNAPSHOT_CALL(snapshot_is_managed)(m + kPage, 0) == 0);
  REQUIRE(munmap(m, kPage) == 0);
  CHECK(fails(SNAPSHOT_CALL(snapshot_commit)(m, 1), EINVAL));
}
