// No persistence: the same program on the same kind of file, that never asks for anything to be kept. The
// ceiling.
//
// The backends are classes of one shape, so that a workload is written once and compiled for each system:
//   Word                           what stands for an 8-byte number in the file
//   Array open(path, bytes)        a new file's array of zeros
//   initialise(body)               runs body, which may store anywhere; durable afterwards, cost unmeasured
//   transaction(body)              what body changes becomes durable as a whole before it returns
//   will_change(object)            inside a transaction, before a store to *object
//   facts()                        prints KEY=VALUE words that show that the system did what it should
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "harness/worker.h"

namespace bench {

class Backend {
 public:
  using Word = std::uint64_t;

  void *open(const char *path, std::uint64_t bytes) {
    const int fd = ::open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) worker_fails(path);
    void *array = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (array == MAP_FAILED) worker_fails(path);
    ::close(fd);
    return array;
  }
  template <typename Body>
  void initialise(Body body) {
    body();
  }
  template <typename Body>
  void transaction(Body body) {
    body();
  }
  template <typename T>
  void will_change(T *) {}
  void facts() {}
};

}  // namespace bench
