// Snapshot: a plain mmap and msync program. Its stores are tracked by the compiler pass, its msync is
// libsnapshot's. The interface is explained in no_persistence.h.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "harness/worker.h"
#include "snapshot/snapshot.h"

namespace bench {

class Backend {
 public:
  using Word = std::uint64_t;

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
    body();
    commit();
  }
  template <typename Body>
  void transaction(Body body) {
    body();
    commit();
  }
  template <typename T>
  void will_change(T *) {}

  void facts() {
    snapshot_statistics s{};
    if (snapshot_get_statistics(&s, sizeof s) != 0) worker_fails("snapshot_get_statistics");
    std::printf(" file_is_array=1 managed=%d commits=%llu lines=%llu fences=%llu",
                snapshot_is_managed(array_, bytes_), static_cast<unsigned long long>(s.commits),
                static_cast<unsigned long long>(s.lines_committed),
                static_cast<unsigned long long>(s.fences));
  }

 private:
  void commit() {
    if (msync(array_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }
  void *array_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench
