// A data file of a test's own: what the program sees of it, and what is really there, looked at past the
// library.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "api.h"
#include "temp_dir.h"

namespace test {

inline constexpr std::size_t kPage = 4096;

// By the library's memcpy, whatever the compiler would make of it: these programs are compiled without the
// pass. Where page tracking is to find it, by stores that nothing marks.
inline void store(char *to, const std::string &bytes) {
  static const bool unmarked = getenv("SNAPSHOT_TRACK") != nullptr;
  if (unmarked) {
    for (const char &byte : bytes) static_cast<volatile char *>(to)[&byte - bytes.data()] = byte;
    return;
  }
  void *(*volatile copy)(void *, const void *, std::size_t) = std::memcpy;
  copy(to, bytes.data(), bytes.size());
}
inline void store(char *to, char letter) { store(to, std::string(1, letter)); }

// What the kernel says of a path, and what the file system holds.
inline long raw_size(const std::string &path) {
  struct stat st;
  return syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, 0) == 0 ? st.st_size : -1;
}
inline std::string raw_bytes(const std::string &path) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot open " + path);
  std::string bytes(static_cast<std::size_t>(raw_size(path)), '?');
  const long n = syscall(SYS_pread64, fd, bytes.data(), bytes.size(), 0L);
  syscall(SYS_close, fd);
  if (n != static_cast<long>(bytes.size())) throw std::runtime_error("cannot read " + path);
  return bytes;
}

inline std::string log_of(const std::string &path) { return path + ".snaplog"; }
inline bool has_log(const std::string &path) { return raw_size(log_of(path)) >= 0; }

// On the medium that the tests of this run are about. A forked child that calls exit leaves it alone.
inline const TempDir &directory() {
  struct Owned {
    const pid_t owner = getpid();
    TempDir *dir;
    Owned() {
      const char *parent = getenv("SNAPSHOT_TEST_DIRECTORY");
      dir = new TempDir(parent != nullptr ? parent : "/dev/shm");
    }
    ~Owned() {
      if (getpid() == owner) delete dir;
    }
  };
  static const Owned owned;
  return *owned.dir;
}
inline std::string new_path() {
  static int count = 0;
  return directory() / ("file" + std::to_string(++count));
}

class DataFile {
 public:
  explicit DataFile(std::size_t bytes, int flags = O_RDWR | O_CREAT | O_CLOEXEC)
      : DataFile(new_path(), flags) {
    if (ftruncate(fd, static_cast<off_t>(bytes)) != 0) throw std::runtime_error("cannot size " + path);
  }
  explicit DataFile(const std::string &name, int flags = O_RDWR | O_CLOEXEC) : path(name) {
    fd = open(path.c_str(), flags, 0600);
    if (fd < 0) throw std::runtime_error("cannot open " + path);
  }
  ~DataFile() {
    if (fd >= 0) close(fd);
  }
  DataFile(const DataFile &) = delete;
  DataFile &operator=(const DataFile &) = delete;

  // MAP_FAILED counts as an error of the test.
  char *map(std::size_t bytes, std::size_t offset = 0, int protection = PROT_READ | PROT_WRITE) const {
    void *address = mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
    if (address == MAP_FAILED)
      throw std::runtime_error("cannot map " + path + ": " + std::strerror(errno) + "; " + last_message());
    return static_cast<char *>(address);
  }
  long seen_size() const {
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_size : -1;
  }
  std::string seen_bytes(std::size_t offset, std::size_t count) const {
    std::string bytes(count, '?');
    const ssize_t n = pread(fd, bytes.data(), count, static_cast<off_t>(offset));
    bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return bytes;
  }
  long real_size() const { return raw_size(path); }
  std::string real_bytes(std::size_t offset, std::size_t count) const {
    const std::string all = raw_bytes(path);
    return offset >= all.size() ? "" : all.substr(offset, count);
  }

  std::string path;
  int fd = -1;
};

inline std::string zeros(std::size_t count) { return std::string(count, '\0'); }

}  // namespace test
