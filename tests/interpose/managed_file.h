// A file that is managed, and what is really in it: read past the library, by system calls of the test's own.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "snapshot/snapshot.h"
#include "temp_dir.h"

namespace test {

using Bytes = std::vector<char>;

class ManagedFile {
 public:
  explicit ManagedFile(std::size_t bytes) : bytes_(bytes) {
    setenv("SNAPSHOT_MEDIA", "memory", 0);
    const std::string path = dir_ / "data";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT, 0600);
    if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(bytes)) != 0) throw std::runtime_error("no file");
    void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (address == MAP_FAILED) throw std::runtime_error("mmap failed");
    if (snapshot_is_managed(address, bytes) != 1) throw std::runtime_error("not managed");
    begin_ = static_cast<char *>(address);
    raw_fd_ = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY);
    if (raw_fd_ < 0) throw std::runtime_error("cannot open the file a second time");
  }
  ~ManagedFile() {
    munmap(begin_, bytes_);
    close(fd_);
    syscall(SYS_close, raw_fd_);
  }
  ManagedFile(const ManagedFile &) = delete;
  ManagedFile &operator=(const ManagedFile &) = delete;

  char *begin() const { return begin_; }
  std::size_t size() const { return bytes_; }

  Bytes working() const { return Bytes(begin_, begin_ + bytes_); }
  Bytes on_file() const {
    Bytes bytes(bytes_);
    if (syscall(SYS_pread64, raw_fd_, bytes.data(), bytes_, 0L) != static_cast<long>(bytes_))
      throw std::runtime_error("cannot read the file");
    return bytes;
  }
  void commit() {
    if (snapshot_commit(begin_, bytes_) != 0) throw std::runtime_error(snapshot_last_error());
  }
  // Makes the contents these and commits them.
  void set(const Bytes &bytes) {
    for (std::size_t i = 0; i < bytes_; ++i) begin_[i] = bytes[i];
    snapshot_log_range(begin_, bytes_);
    commit();
  }

 private:
  TempDir dir_;
  std::size_t bytes_;
  int fd_ = -1;
  long raw_fd_ = -1;
  char *begin_ = nullptr;
};

}  // namespace test
