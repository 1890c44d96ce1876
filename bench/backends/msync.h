// The kernel's msync: the same program as Snapshot's, on a shared mapping of an ordinary file, by pages of 4
// KiB. Not atomic. The interface is explained in no_persistence.h.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "harness/worker.h"

namespace bench {

class Backend {
 public:
  void *open(const char *path, std::uint64_t bytes) {
    const int fd = ::open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) worker_fails(path);
    array_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    bytes_ = bytes;
    if (array_ == MAP_FAILED) worker_fails(path);
    ::close(fd);
    return array_;
  }
  template <typename Body>
  void initialise(Body body) {
    transaction(body);
  }
  template <typename Body>
  void transaction(Body body) {
    body();
    if (msync(array_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }
  template <typename T>
  void will_change(T *) {}
  void facts() {}

 private:
  void *array_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench
