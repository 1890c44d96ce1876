// A file that Snapshot manages, seen from both sides: the mapping that the program has, and what is really in
// the file, read past the library.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "base/layout.h"
#include "snapshot/snapshot.h"
#include "temp_dir.h"

namespace test {

// The tests run on tmpfs and treat it as memory, and say nothing on standard error, unless they are asked
// otherwise. Before the first mapping, which is when the library reads its settings.
inline const bool environment_is_set = [] {
  setenv("SNAPSHOT_MEDIA", "memory", 0);
  setenv("SNAPSHOT_LOG", "off", 0);
  return true;
}();

using snapshot::kBackingDistance;

// What lies behind the address in the file. In assembler: ThreadSanitizer must not take it for a race with
// the commit of another thread, whose result it is to look at.
inline std::uint64_t backing_word(const void *working) {
  std::uint64_t word;
  __asm__ volatile("movq %1, %0"
                   : "=r"(word)
                   : "m"(*reinterpret_cast<const std::uint64_t *>(reinterpret_cast<std::uint64_t>(working) +
                                                                  kBackingDistance)));
  return word;
}
inline unsigned char backing_byte(const void *working) {
  unsigned char byte;
  __asm__ volatile("movb %1, %0"
                   : "=r"(byte)
                   : "m"(*reinterpret_cast<const unsigned char *>(reinterpret_cast<std::uint64_t>(working) +
                                                                  kBackingDistance)));
  return byte;
}

// All six arguments: the library takes what happens to be in their registers for pointers to what the call
// may have written, and marks it.
inline long system_call(long number, long a, const void *b = nullptr, std::size_t c = 0) {
  return syscall(number, a, b, c, 0L, 0L, 0L);
}

inline std::string bytes_in_file(const std::string &path) {
  const long fd = system_call(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY);
  struct stat st;
  if (fd < 0 || system_call(SYS_fstat, fd, &st) != 0) throw std::runtime_error("cannot open " + path);
  std::string bytes(static_cast<std::size_t>(st.st_size), 0);
  if (system_call(SYS_pread64, fd, bytes.data(), bytes.size()) != st.st_size)
    throw std::runtime_error("cannot read " + path);
  (void)system_call(SYS_close, fd);
  return bytes;
}

class MappedFile {
 public:
  // Creates the file, all zeros, unless it is there already, and maps bytes of it.
  MappedFile(const std::string &path, std::size_t bytes) : path_(path), bytes_(bytes) {
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    if (fd_ < 0 || fstat(fd_, &st) != 0) throw std::runtime_error("cannot open " + path);
    if (st.st_size == 0 && ftruncate(fd_, static_cast<off_t>(bytes)) != 0)
      throw std::runtime_error("ftruncate");
    void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (address == MAP_FAILED) {
      close(fd_);
      throw std::runtime_error(std::string("mmap: ") + snapshot_last_error());
    }
    begin_ = static_cast<char *>(address);
    if (snapshot_is_managed(begin_, bytes) != 1) throw std::runtime_error("not managed");
  }
  ~MappedFile() {
    if (begin_ != nullptr) munmap(begin_, bytes_);
    close(fd_);
  }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  char *begin() const { return begin_; }
  std::size_t size() const { return bytes_; }
  int fd() const { return fd_; }
  const std::string &path() const { return path_; }

  template <typename T = std::uint64_t>
  T *at(std::size_t offset) const {
    return reinterpret_cast<T *>(begin_ + offset);
  }
  std::uint64_t *word(std::size_t index) const { return at(index * 8); }

  int commit() const { return msync(begin_, bytes_, MS_SYNC); }
  std::string on_file() const { return bytes_in_file(path_); }
  std::string working() const { return {begin_, begin_ + bytes_}; }

  // The program does it itself.
  int unmap() {
    const int result = munmap(begin_, bytes_);
    if (result == 0) begin_ = nullptr;
    return result;
  }

 private:
  std::string path_;
  std::size_t bytes_;
  int fd_ = -1;
  char *begin_ = nullptr;
};

// A managed file in a directory of its own.
struct ScratchDirectory {
  TempDir directory;
};
class ScratchFile : private ScratchDirectory, public MappedFile {
 public:
  explicit ScratchFile(std::size_t bytes) : MappedFile(directory / "data", bytes) {}
};

inline snapshot_statistics statistics() {
  snapshot_statistics s;
  if (snapshot_get_statistics(&s, sizeof s) != 0) throw std::runtime_error(snapshot_last_error());
  return s;
}

}  // namespace test
