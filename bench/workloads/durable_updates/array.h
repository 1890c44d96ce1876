// The records as an array in a file, which is mapped or not.
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

inline char *map_array(int fd, std::size_t bytes) {
  void *array = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (array == MAP_FAILED) worker_fails("mmap");
  return static_cast<char *>(array);
}

}  // namespace bench
