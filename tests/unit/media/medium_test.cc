#include "media/medium.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "in_child.h"
#include "quiet.h"
#include "small_disk.h"
#include "temp_dir.h"

namespace s = snapshot;

namespace {

struct OpenFile {
  explicit OpenFile(const test::TempDir &dir) : path(dir / "data") {
    test::write_file(path, std::string(8192, 'a'));
    fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~OpenFile() { (void)close(fd); }
  std::string path;
  int fd;
};

s::Medium chosen(const OpenFile &file, s::MediaChoice choice) {
  s::Settings settings;
  settings.media = choice;
  s::Medium medium;
  REQUIRE(s::choose_medium(settings, file.fd, file.path.c_str(), &medium).ok());
  return medium;
}

}  // namespace

TEST_CASE("an ordinary file system is a page-cache medium unless memory is asked for") {
  test::TempDir dir("/tmp");
  OpenFile file(dir);
  CHECK_FALSE(chosen(file, s::MediaChoice::page_cache).is_memory());
  CHECK(chosen(file, s::MediaChoice::memory).is_memory());
  CHECK(std::string(chosen(file, s::MediaChoice::memory).name()) == "memory");
  CHECK(std::string(chosen(file, s::MediaChoice::page_cache).name()) == "page-cache");
}

TEST_CASE("the automatic choice takes no memory medium for granted, on a disk or on tmpfs") {
  for (const char *parent : {"/tmp", "/dev/shm"}) {
    if (access(parent, W_OK) != 0) continue;
    test::TempDir dir(parent);
    CHECK_FALSE(chosen(OpenFile(dir), s::MediaChoice::automatic).is_memory());
  }
}

TEST_CASE("where libpmem is told to take everything for persistent memory, the automatic choice is memory") {
  if (dlopen("libpmem.so.1", RTLD_NOW) == nullptr)
    return test::say_skipped("libpmem's word", "libpmem.so.1 is not installed");
  // It reads the variable when it is loaded, so in a program of its own.
  CHECK(test::in_child([] {
          setenv("PMEM_IS_PMEM_FORCE", "1", 1);
          return execl("/proc/self/exe", "unit_media", "[told]", nullptr);
        }) == 0);
}
TEST_CASE("the program of the case before", "[.told]") {
  test::TempDir dir;
  OpenFile file(dir);
  CHECK_FALSE(chosen(file, s::MediaChoice::automatic).is_memory());
  s::find_libpmem(s::PersistChoice::libpmem);
  CHECK(chosen(file, s::MediaChoice::automatic).is_memory());
  CHECK_FALSE(chosen(file, s::MediaChoice::page_cache).is_memory());
}

TEST_CASE("choosing a medium leaves the file as it was") {
  test::TempDir dir;
  OpenFile file(dir);
  for (auto choice : {s::MediaChoice::automatic, s::MediaChoice::memory, s::MediaChoice::page_cache})
    (void)chosen(file, choice);
  CHECK(test::read_file(file.path) == std::string(8192, 'a'));
}

TEST_CASE("what is copied to a mapping and fenced is in the file, on both media") {
  test::TempDir dir;
  OpenFile file(dir);
  for (auto choice : {s::MediaChoice::memory, s::MediaChoice::page_cache}) {
    const s::Medium medium = chosen(file, choice);
    auto *mapped =
        static_cast<s::u8 *>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, medium.map_flags, file.fd, 0));
    REQUIRE(mapped != MAP_FAILED);
    alignas(64) s::u8 line[64];
    std::memset(line, medium.is_memory() ? 'm' : 'p', sizeof line);
    CHECK(medium.copy(mapped + 4096, line, 64).ok());
    CHECK(medium.fence_data({reinterpret_cast<s::u64>(mapped) + 4096}, 64).ok());
    CHECK(medium.fence_log(file.fd).ok());
    std::string expected(8192, 'a');
    expected.replace(4096, 64, std::string(64, medium.is_memory() ? 'm' : 'p'));
    CHECK(test::read_file(file.path) == expected);
    (void)munmap(mapped, 8192);
  }
}

TEST_CASE("a fence that the system refuses is reported on page-cache media") {
  s::Medium medium;
  CHECK(medium.fence_log(-1).error == EBADF);
  void *gone = mmap(nullptr, s::kPageBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(munmap(gone, s::kPageBytes) == 0);
  CHECK(medium.fence_data({reinterpret_cast<s::u64>(gone)}, 64).error == ENOMEM);
}
