// For the comparing process: the file of a backend that keeps plain pointers in it (mapped_file.h), mapped
// for reading where it was made, so that the workload's own code can walk what is really in the file.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "backends/mapped_file.h"
#include "harness/fail.h"

namespace bench {

class FileImage {
 public:
  template <typename T>
  using Reference = T *;

  explicit FileImage(const std::string &path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    Heap *made_at = nullptr;
    if (fd < 0 || fstat(fd, &status) != 0 || pread(fd, &made_at, sizeof made_at, 0) != sizeof made_at)
      fail(path + ": cannot be read");
    bytes_ = static_cast<std::size_t>(status.st_size);
    address_ = mmap(made_at, bytes_, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    ::close(fd);
    if (address_ == MAP_FAILED) fail(path + ": cannot be mapped where it was made");
  }
  ~FileImage() { munmap(address_, bytes_); }
  FileImage(const FileImage &) = delete;
  FileImage &operator=(const FileImage &) = delete;

  template <typename T>
  Reference<T> root() const {
    return static_cast<T *>(static_cast<Heap *>(address_)->root);
  }

 private:
  void *address_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace bench
