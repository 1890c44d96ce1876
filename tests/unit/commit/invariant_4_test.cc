// Invariant 4: nothing leaks early. Between commits the file holds what the last commit left, byte for byte,
// whatever the program and the kernel do: seen in the backing range, through a second descriptor, and by
// another process.
#include <catch2/catch.hpp>
#include <random>

#include "in_child.h"
#include "support/effort.h"
#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096, bytes_max = 256 * page;

// Another process maps the file without any library between, and compares.
bool another_process_sees(const std::string &path, const std::string &expected) {
  return in_child([&] {
           const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY);
           const long at = syscall(SYS_mmap, 0L, expected.size(), PROT_READ, MAP_SHARED, fd, 0L);
           return at > 0 && memcmp(reinterpret_cast<void *>(at), expected.data(), expected.size()) == 0 ? 0
                                                                                                        : 1;
         }) == 0;
}

// Whether the file begins with, or is, the committed bytes: growth shows at once, as zeros.
bool holds(const std::string &now, const std::string &committed) {
  if (now.size() < committed.size() || now.compare(0, committed.size(), committed) != 0) return false;
  return now.find_first_not_of('\0', committed.size()) == std::string::npos;
}

class RandomUser {
 public:
  explicit RandomUser(MappedFile &file) : file_(file), size_(file.size()) {}

  void do_something() {
    switch (random_() % 16) {
      case 0:
        return advise(MADV_DONTNEED);
      case 1:
        return advise(random_() % 2 == 0 ? MADV_COLD : MADV_PAGEOUT);
      case 2:
        return resize();
      case 3:
        return write_to_descriptor();
      case 4:
        return roll_back();
      default:
        return store_something();
    }
  }
  std::uint64_t size() const { return size_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void store_something() {
    const std::uint64_t at = below(size_), bytes = std::min(1 + below(300), size_ - at);
    fill(file_.begin() + at, static_cast<unsigned char>(random_()), bytes);
  }
  void advise(int advice) { (void)madvise(file_.begin() + below(256) * page, page * below(20), advice); }
  void resize() {
    const std::uint64_t size = 1 + below(bytes_max);
    if (ftruncate(file_.fd(), static_cast<off_t>(size)) != 0) throw std::runtime_error("ftruncate");
    size_ = size;
  }
  void write_to_descriptor() {
    const std::string bytes(1 + below(5000), static_cast<char>(random_()));
    const std::uint64_t at = below(bytes_max - bytes.size());
    if (pwrite(file_.fd(), bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("pwrite");
    size_ = std::max(size_, at + bytes.size());
  }
  void roll_back() {
    if (snapshot_rollback(file_.begin() + below(size_), std::min<std::uint64_t>(500, size_)) != 0 &&
        errno != ENOMEM)
      throw std::runtime_error(snapshot_last_error());
  }

  MappedFile &file_;
  std::uint64_t size_;
  std::mt19937_64 random_{20240229};
};

void use_and_watch(double seconds) {
  ScratchFile file(bytes_max);
  RandomUser user(file);
  std::string committed = file.on_file();
  const Deadline deadline(seconds);
  for (int i = 1; !deadline.passed(); ++i) {
    user.do_something();
    if (i % 5 == 0) REQUIRE(holds(file.on_file(), committed));
    if (i % 50 == 0) REQUIRE(another_process_sees(file.path(), committed));
    if (i % 40 == 0) {
      REQUIRE(file.commit() == 0);
      committed = file.on_file();
      REQUIRE(committed.size() == user.size());
      REQUIRE((committed == std::string(file.begin(), user.size())));
    }
  }
}

}  // namespace

TEST_CASE("invariant 4: nothing leaks early: random stores, writes, advice, growth and shrinking") {
  use_and_watch(2);
}

TEST_CASE("invariant 4: nothing leaks early: not even when the program ends without a commit") {
  TempDir dir;
  const std::string path = dir / "data";
  CHECK(in_child([&] {
          MappedFile file(path, 4 * page);
          store(file.word(0), std::uint64_t{1});
          if (file.commit() != 0) return 1;
          store(file.word(0), std::uint64_t{2});
          if (ftruncate(file.fd(), 8 * page) != 0) return 2;
          _exit(0);
        }) == 0);
  MappedFile file(path, 4 * page);
  CHECK(*file.word(0) == 1);
  CHECK(file.on_file().size() == 4 * page);
}

TEST_CASE("invariant 4: nothing leaks early: neighbours of committed lines stay out of the file") {
  ScratchFile file(64 * page);
  std::string expected = file.on_file();
  for (std::size_t line = 0; line < 1000; ++line) {
    fill(file.begin() + line * 64, 7, 64);
    if (line % 3 == 1) {
      REQUIRE(snapshot_commit(file.begin() + line * 64, 64) == 0);
      expected.replace(line * 64, 64, 64, 7);
    }
  }
  CHECK((file.on_file() == expected));
}
