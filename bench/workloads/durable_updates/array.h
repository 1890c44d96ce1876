// The records as an array in a file.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "backends/records.h"
#include "harness/worker.h"

namespace bench {

// Written with zeros, so that no later store allocates a block.
inline int make_array(const char *path, std::size_t bytes) {
  const int fd = ::open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  const std::string zeros(bytes, 0);
  if (fd < 0 || pwrite(fd, zeros.data(), zeros.size(), 0) != static_cast<ssize_t>(zeros.size()) ||
      fsync(fd) != 0)
    worker_fails(path);
  return fd;
}

// Plain stores into a mapped array, and msync of all of it: the kernel's, or whoever stands in front of it.
class MappedArray {
 public:
  MappedArray(const char *path, std::size_t, std::size_t room)
      : bytes_(room * kRecordBytes), fd_(make_array(path, bytes_)) {
    void *const array = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (array == MAP_FAILED) worker_fails("mmap");
    array_ = static_cast<char *>(array);
  }
  void begin() {}
  void put(unsigned, std::size_t key, const char *record) {
    std::memcpy(array_ + key * kRecordBytes, record, kRecordBytes);
  }
  void commit(unsigned, std::size_t) {
    if (msync(array_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }
  void get(std::size_t key, char *record) const {
    std::memcpy(record, array_ + key * kRecordBytes, kRecordBytes);
  }

 protected:
  std::size_t bytes_;
  int fd_;
  char *array_;
};

}  // namespace bench
