// Files by system calls that nobody stands in front of: the test's own looks at files that the library
// manages.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace faults {

inline std::uint64_t inode_of(const std::string &path) {  // 0: there is none
  struct stat st;
  return syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, 0) == 0 ? st.st_ino : 0;
}

class RawFile {
 public:
  explicit RawFile(const std::string &path, int flags = O_RDWR)
      : fd_(static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600))) {
    if (fd_ < 0) throw std::runtime_error("cannot open " + path);
  }
  ~RawFile() { syscall(SYS_close, fd_); }
  RawFile(const RawFile &) = delete;
  RawFile &operator=(const RawFile &) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

inline std::uint64_t size_behind(int fd) {
  struct stat st;
  if (syscall(SYS_fstat, fd, &st) != 0) throw std::runtime_error("fstat");
  return static_cast<std::uint64_t>(st.st_size);
}

inline std::string bytes_behind(int fd, std::uint64_t offset, std::uint64_t count) {
  std::string bytes(count, 0);
  const long n = syscall(SYS_pread64, fd, bytes.data(), count, offset);
  bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return bytes;
}

inline std::string bytes_in(const std::string &path) {
  const RawFile file(path, O_RDONLY);
  return bytes_behind(file.fd(), 0, size_behind(file.fd()));
}

// The contents become bytes; the inode stays. Pages of zeros become holes.
inline void put_bytes(const std::string &path, const std::string &bytes) {
  static const std::string zeros(4096, 0);
  const RawFile file(path, O_RDWR | O_CREAT);
  if (syscall(SYS_ftruncate, file.fd(), 0L) != 0 || syscall(SYS_ftruncate, file.fd(), bytes.size()) != 0)
    throw std::runtime_error("ftruncate of " + path);
  for (std::size_t at = 0; at < bytes.size(); at += zeros.size()) {
    const std::size_t count = std::min(zeros.size(), bytes.size() - at);
    if (bytes.compare(at, count, zeros, 0, count) == 0) continue;
    if (syscall(SYS_pwrite64, file.fd(), bytes.data() + at, count, at) != static_cast<long>(count))
      throw std::runtime_error("pwrite to " + path);
  }
}

inline void remove_if_there(const std::string &path) { (void)syscall(SYS_unlink, path.c_str()); }

}  // namespace faults
