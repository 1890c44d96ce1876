// What a file that grows takes of the disk, and when: what the program adds takes no block before it is
// committed, and what the program can read takes none by being read, so that a full disk is an error of a
// call and never a signal at a load (commit/resize.h). On tmpfs, where reading a hole of a file takes a
// block. Also what is left over when such a call fails, and where growing ends.
#include <sys/statfs.h>

#include <filesystem>

#include "order_of_steps.h"
#include "own_process.h"
#include "small_disk.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr long tmpfs_magic = 0x01021994;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

bool is_tmpfs(const std::string &path) {
  struct statfs fs;
  return statfs(path.c_str(), &fs) == 0 && fs.f_type == tmpfs_magic;
}

struct stat really(const std::string &path) {
  struct stat st;
  require(syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, 0L) == 0, "stat");
  return st;
}
std::size_t pages_on_disk(const std::string &path) {
  return static_cast<std::size_t>(really(path).st_blocks) * 512 / page;
}
std::size_t size_on_disk(const std::string &path) { return static_cast<std::size_t>(really(path).st_size); }

// By a function that we do not see.
void grow_elsewhere(const std::string &path, std::size_t size, const std::string &last_bytes) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR);
  require(syscall(SYS_ftruncate, fd, size) == 0, "ftruncate");
  const std::size_t n = last_bytes.size();
  require(syscall(SYS_pwrite64, fd, last_bytes.data(), n, size - n) == static_cast<long>(n), "pwrite");
  syscall(SYS_close, fd);
}

void write_sparse_file(const std::string &path, std::size_t bytes) {
  write_file(path, "");
  require(truncate(path.c_str(), static_cast<off_t>(bytes)) == 0, "truncate");
}

bool map_again(const MappedFile &file) {
  return mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0) == file.begin();
}

// One file in a process of its own, with both kinds of working copy.
template <typename Body>
void with_copies(Body body) {
  for (const std::string copy : {"eager", "lazy"}) {
    INFO(copy << " copy");
    TempDir dir;
    if (!is_tmpfs(dir.path())) return say_skipped("room for growth", "no tmpfs");
    in_own_process([&](const std::string &) {
      setenv("SNAPSHOT_COPY", copy.c_str(), 1);
      body(dir / "data", copy == "lazy");
    });
  }
}

struct Growing {
  explicit Growing(const std::string &path, std::size_t bytes = 8 * page)
      : file((write_file(path, std::string(bytes, 'a')), path), 64 * page) {}
  void resize(std::size_t size) const {
    require(ftruncate(file.fd(), static_cast<off_t>(size)) == 0,
            "ftruncate to " + std::to_string(size) + ": " + snapshot_last_error());
  }
  void commit() const { require(file.commit() == 0, snapshot_last_error()); }
  std::size_t pages() const { return pages_on_disk(file.path()); }
  // Growing to size and reading all of it takes no block, and it reads as zeros.
  void grow_for_nothing(std::size_t size) const {
    const std::size_t before = pages(), old = size_on_disk(file.path());
    resize(size);
    require(std::string(file.begin() + old, size - old) == std::string(size - old, 0), "not zeros");
    require(pages() == before, "growing to " + std::to_string(size) + " took " +
                                   std::to_string(pages() - before) + " pages of the disk");
  }
  MappedFile file;
};

}  // namespace

TEST_CASE("what is added to a file takes no block, by growing or by being read") {
  with_copies([](const std::string &path, bool) {
    const Growing g(path);
    g.grow_for_nothing(16 * page + 100);
    g.grow_for_nothing(17 * page);
    g.grow_for_nothing(19 * page + 5);
    g.commit();
    g.grow_for_nothing(20 * page);
    g.grow_for_nothing(30 * page);
    g.commit();
    // Below where the added part began, and as large as before.
    g.resize(2 * page + 5);
    g.commit();
    require(g.pages() == 3, "blocks are left");
    g.grow_for_nothing(30 * page);
    g.grow_for_nothing(40 * page);
    g.commit();
    g.resize(30 * page);
    g.commit();
    g.grow_for_nothing(40 * page);
  });
  with_copies([](const std::string &path, bool) {
    const Growing g(path, 8 * page - 100);
    g.grow_for_nothing(8 * page - 50);
    g.grow_for_nothing(16 * page - 50);
    g.grow_for_nothing(20 * page);
  });
}

TEST_CASE("what is cut off a file is given back, the memory of what was added as well as the blocks") {
  with_copies([](const std::string &path, bool) {
    const Growing g(path);
    // The second time the added part begins earlier.
    for (int time = 0; time < 2; ++time) {
      g.resize(16 * page);
      fill(g.file.begin(), 16 * page, 'b');
      g.commit();
      g.resize(2 * page + 1);
      g.commit();
      unsigned char there[13];
      require(mincore(g.file.begin() + 3 * page, sizeof there * page, there) == 0, "mincore");
      for (const unsigned char one : there)
        require((one & 1) == 0, "memory is left, time " + std::to_string(time));
      require(g.pages() == 3, "blocks are left");
    }
  });
}

TEST_CASE("on a disk that gives blocks to what is written only, the holes of a file are left alone") {
  // Beside this program: where the build is, which may be tmpfs, too.
  const std::string here = std::filesystem::canonical("/proc/self/exe").parent_path().parent_path() / "disk";
  if (access(here.c_str(), W_OK) != 0 || is_tmpfs(here))
    return say_skipped("room for growth", "no other disk to write on");
  TempDir dir(here);
  in_own_process([&](const std::string &medium) {
    setenv("SNAPSHOT_COPY", "lazy", 1);
    if (medium == "memory") return;  // tmpfs stands in for it
    write_sparse_file(dir / "data", 64 * page);
    const MappedFile file(dir / "data", 64 * page);
    require(pages_on_disk(file.path()) == 0,
            "it has " + std::to_string(pages_on_disk(file.path())) + " pages");
  });
}

TEST_CASE(
    "where no anonymous memory can be had for what is added, its blocks are taken at once, or it fails") {
  with_copies([](const std::string &path, bool) {
    const Growing g(path);
    const auto no_mapping = [](long number) { return number == SYS_mmap ? -ENOMEM : 0; };
    int interruptions = 3;
    (void)Steps::of([&] { g.resize(16 * page); },
                    [&](long number, const long *) -> long {
                      if (number == SYS_fallocate && --interruptions >= 0) return -EINTR;
                      return no_mapping(number);
                    });
    require(interruptions < 0 && g.pages() == 16, "it has " + std::to_string(g.pages()) + " pages");
    int result = 0, error = 0;
    (void)Steps::of([&] { result = ftruncate(g.file.fd(), 20 * page), error = errno; },
                    [&](long number, const long *) -> long {
                      return number == SYS_fallocate ? -ENOSPC : no_mapping(number);
                    });
    require(result == -1 && error == ENOSPC, "no error");
    require(size_on_disk(path) == 16 * page, "it has failed, and has grown");
    // Nothing that the failure has left stands in the way.
    g.resize(20 * page);
    fill(g.file.begin() + 18 * page, 100, 'x');
    g.commit();
    require(g.file.on_file() == std::string(g.file.begin(), 20 * page), "the commit is not there");
  });
}

TEST_CASE("a part that was added behind our back is the file's, with its blocks, when it is mapped again") {
  with_copies([](const std::string &path, bool lazy) {
    write_sparse_file(path, 8 * page);
    const MappedFile file(path, 64 * page);
    require(pages_on_disk(path) == (lazy ? 8 : 0), "holes before");
    require(ftruncate(file.fd(), 16 * page) == 0, "ftruncate");
    grow_elsewhere(path, 24 * page, std::string(page, 'e'));
    require(map_again(file), snapshot_last_error());
    // Of an eager copy all that is ours stays the holes that it was.
    require(pages_on_disk(path) == (lazy ? 24 : 8),
            "it has " + std::to_string(pages_on_disk(path)) + " pages");
    require(ftruncate(file.fd(), 30 * page) == 0, "ftruncate");
    const std::string expected =
        std::string(23 * page, 0) + std::string(page, 'e') + std::string(6 * page, 0);
    require(std::string(file.begin(), 30 * page) == expected, "the working copy");
    require(file.commit() == 0 && file.on_file() == expected, "the file");
  });
}

TEST_CASE("a file that is mapped again, and cannot be looked at, is not taken for one without holes") {
  with_copies([](const std::string &path, bool) {
    const Growing g(path);
    for (int n = 1, left = 0; left <= 0; ++n) {
      require(n < 100, "no end");
      grow_elsewhere(path, (8 + static_cast<std::size_t>(n)) * page, "e");
      left = n;
      bool mapped = false;
      (void)Steps::of(
          [&] { mapped = map_again(g.file); },
          [&](long number, const long *) -> long { return number == SYS_fstat && --left == 0 ? -EIO : 0; });
      require(mapped == (left > 0), "look " + std::to_string(n) + " failed, and nobody noticed");
    }
    require(map_again(g.file), snapshot_last_error());
  });
}

TEST_CASE("a very sparse file stays one") {
  with_copies([](const std::string &path, bool lazy) {
    if (!lazy) return;  // it takes none anyway
    write_sparse_file(path, std::size_t{300} << 20);
    const MappedFile file(path, std::size_t{300} << 20);
    require(pages_on_disk(path) == 0, "it has " + std::to_string(pages_on_disk(path)) + " pages");
  });
}

TEST_CASE("memory that cannot be given back when the file is cut is zeros when it grows again") {
  with_copies([](const std::string &path, bool) {
    const Growing g(path);
    g.resize(16 * page);
    fill(g.file.begin(), 16 * page, 'b');
    g.commit();
    g.resize(page);
    (void)Steps::of([&] { g.commit(); },
                    [&](long number, const long *a) -> long {
                      return number == SYS_madvise && a[2] == MADV_DONTNEED ? -EINVAL : 0;
                    });
    g.resize(20 * page);
    const std::string expected = std::string(page, 'b') + std::string(19 * page, 0);
    require(std::string(g.file.begin(), 20 * page) == expected, "old bytes are back");
  });
}

TEST_CASE("a file grows up to the end of its window, and not a byte further") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", page);
    require(ftruncate(file.fd(), off_t{1} << 42) == -1 && errno == EFBIG, "beyond the window");
    const std::string message = snapshot_last_error(), before = "its window has ";
    const off_t window = std::stoll(message.substr(message.find(before) + before.size()));
    require(ftruncate(file.fd(), window + 1) == -1 && errno == EFBIG, "a byte too far");
    require(ftruncate(file.fd(), window) == 0, snapshot_last_error());
    require(static_cast<off_t>(size_on_disk(file.path())) == window, "its size");
  });
}

TEST_CASE("invariant 5: blocks that went with a cut are asked for again, and a full disk is an error") {
  SmallDisk disk("tmpfs", "size=4m");
  if (!disk.mounted()) return say_skipped("room for growth", "cannot mount a tmpfs (needs root)");
  in_own_process([&](const std::string &) {
    const MappedFile file(disk / "data", 64 * page);
    fill(file.begin(), 64 * page, 'b');
    require(file.commit() == 0, snapshot_last_error());
    require(ftruncate(file.fd(), page + 1) == 0 && file.commit() == 0, "the cut");
    const std::string before = file.on_file(), block(page, 'f');
    const long ballast = syscall(SYS_openat, AT_FDCWD, (disk / "ballast").c_str(), O_RDWR | O_CREAT, 0600);
    while (syscall(SYS_write, ballast, block.data(), block.size()) > 0) {
    }
    require(ftruncate(file.fd(), 64 * page) == 0, "growing");
    fill(file.begin() + 40 * page, 10, 'x');
    require(file.commit() == -1 && errno == ENOSPC, "no error");
    require(file.on_file().substr(0, before.size()) == before, "the file has changed");
    require(syscall(SYS_ftruncate, ballast, 0L) == 0 && file.commit() == 0, snapshot_last_error());
    require(file.on_file() == file.working(), "the commit is not there");
  });
}

TEST_CASE("what is added to a file that was cut below what was added before takes no block either") {
  with_copies([](const std::string &path, bool) {
    const Growing g(path);
    g.grow_for_nothing(16 * page);
    g.commit();
    g.resize(2 * page);
    g.commit();
    // Less than was there before anything was added, in two steps.
    g.grow_for_nothing(4 * page);
    g.grow_for_nothing(6 * page);
    g.grow_for_nothing(12 * page);
  });
}
