// Has the kernel write back at instants of its own choice, as it may at any time.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "fd.h"

namespace power {

// Another process that syncs files, parts of them, or the whole disk, at random, until it is destroyed.
class WritebackProcess {
 public:
  WritebackProcess(const std::string &directory, std::uint64_t seed);
  ~WritebackProcess();
  WritebackProcess(const WritebackProcess &) = delete;
  WritebackProcess &operator=(const WritebackProcess &) = delete;

 private:
  pid_t pid_;
};

// For its lifetime the whole machine writes back dirty pages after a hundredth of a second, not half a
// minute.
class EagerWriteback {
 public:
  EagerWriteback();
  ~EagerWriteback();
  EagerWriteback(const EagerWriteback &) = delete;
  EagerWriteback &operator=(const EagerWriteback &) = delete;

 private:
  Fd lock_;
  std::string expire_, interval_;
};

}  // namespace power
