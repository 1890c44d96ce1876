// Cuts, and growth after them: by the program, or by others (a function that we do not see, another process).
// What the working copy shows is what the file has.
#include "order_of_steps.h"
#include "own_process.h"
#include "small_disk.h"

using namespace test;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

// By a function that we do not see.
void grow_elsewhere(const std::string &path, std::size_t size, const std::string &last_bytes) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR);
  require(syscall(SYS_ftruncate, fd, size) == 0, "ftruncate");
  const std::size_t n = last_bytes.size();
  require(syscall(SYS_pwrite64, fd, last_bytes.data(), n, size - n) == static_cast<long>(n), "pwrite");
  syscall(SYS_close, fd);
}

void resize(const MappedFile &file, std::size_t pages) {
  require(ftruncate(file.fd(), static_cast<off_t>(pages * page)) == 0, snapshot_last_error());
}

}  // namespace

TEST_CASE("a full disk is no signal in what is added after a cut below what was added before") {
  SmallDisk disk("tmpfs", "size=4m");
  if (!disk.mounted()) return say_skipped("room for growth", "cannot mount a tmpfs (needs root)");
  write_file(disk / "data", std::string(8 * page, 'a'));
  in_own_process([&](const std::string &) {
    setenv("SNAPSHOT_COPY", "lazy", 1);
    const MappedFile file(disk / "data", 64 * page);
    for (const std::size_t pages : {16u, 2u, 4u}) {
      resize(file, pages);
      require(file.commit() == 0, snapshot_last_error());
    }
    const long ballast = syscall(SYS_openat, AT_FDCWD, (disk / "ballast").c_str(), O_RDWR | O_CREAT, 0600);
    const std::string block(page, 'f');
    while (syscall(SYS_write, ballast, block.data(), block.size()) > 0) {
    }
    resize(file, 6);
    require(file.begin()[5 * page] == 0, "not zero");
  });
}

TEST_CASE("what others add where the program has cut the file is seen when it is mapped again") {
  for (const char *copy : {"eager", "lazy"}) {
    INFO(copy << " copy");
    TempDir dir;
    in_own_process([&](const std::string &) {
      setenv("SNAPSHOT_COPY", copy, 1);
      write_file(dir / "data", std::string(8 * page, 'a'));
      const MappedFile file(dir / "data", 64 * page);
      for (const std::size_t pages : {16u, 2u}) {
        resize(file, pages);
        require(file.commit() == 0, snapshot_last_error());
      }
      grow_elsewhere(file.path(), 12 * page, std::string(9 * page, 'e'));
      require(mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0) == file.begin(), "mmap");
      require(std::string(file.begin(), 12 * page) == file.on_file(), "the working copy is not the file");
    });
  }
}

TEST_CASE("what a cut took stays away when others make the file larger before the cut is committed") {
  for (const char *copy : {"eager", "lazy"}) {
    INFO(copy << " copy");
    TempDir dir;
    in_own_process([&](const std::string &) {
      setenv("SNAPSHOT_COPY", copy, 1);
      write_file(dir / "data", std::string(8 * page, 'a'));
      const MappedFile file(dir / "data", 64 * page);
      resize(file, 1);
      grow_elsewhere(file.path(), 12 * page, "e");
      fill(file.begin() + 9 * page, 64, 'x');  // beyond the size that we know: it is looked up
      require(file.commit() == 0, snapshot_last_error());
      require(file.begin()[2 * page] == 0, "old bytes are back");
    });
  }
}

TEST_CASE("without memory, growth that others made is an error, and nothing is lost") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    write_file(dir / "data", std::string(80 * page, 'a'));
    const MappedFile file(dir / "data", 200 * page);
    resize(file, 40);
    grow_elsewhere(file.path(), 120 * page, "e");
    // As many runs as the list has room for (a page of them), so that the range that growth clears needs
    // more.
    for (std::size_t i = 0; i < 511; ++i) fill(file.begin() + i * 128, 64, 'x');
    fill(file.begin() + 100 * page, 64, 'x');
    bool looked = false;
    const auto no_memory = [&](long number, const long *) -> long {
      looked = looked || number == SYS_newfstatat;
      return (number == SYS_mmap || number == SYS_mremap) && looked ? -ENOMEM : 0;
    };
    int result = 0;
    (void)Steps::of([&] { result = file.commit(); }, no_memory);
    require(looked && result == -1 && errno == ENOMEM, "not an error");
    require(file.commit() == 0, snapshot_last_error());
    require(std::string(file.begin(), 119 * page) == file.on_file().substr(0, 119 * page),
            "something is lost");
    require(file.begin()[40 * page] == 0, "old bytes are back");
  });
}

TEST_CASE(
    "a file that others have made larger than its window, and memory that is refused, when it is mapped "
    "again") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    write_file(dir / "data", std::string(page, 'a'));
    const MappedFile file(dir / "data", 8 * page);
    const auto map_again = [&] {
      return mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0);
    };
    grow_elsewhere(file.path(), 4 * page, "e");
    void *mapped = nullptr;
    (void)Steps::of([&] { mapped = map_again(); },
                    [](long number, const long *) -> long { return number == SYS_mmap ? -ENOMEM : 0; });
    require(mapped == MAP_FAILED && errno == ENOMEM, "not an error");
    require(map_again() == file.begin(), "not mapped again");
    require(file.begin()[4 * page - 1] == 'e', "not the file's byte");
    // 8 GiB less where the window begins (base/layout.h).
    const std::size_t window = (std::size_t{8} << 30) - snapshot::kWindowSkew;
    require(ftruncate(file.fd(), static_cast<off_t>(window)) == 0, snapshot_last_error());
    require(file.commit() == 0, snapshot_last_error());
    grow_elsewhere(file.path(), window + page, "e");
    require(map_again() == file.begin(), "not mapped");
  });
}
