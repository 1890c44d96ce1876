// A random program's process (subject.cc), as a server that is started once and forks a child for each run.
#pragma once
#include <string>
#include <vector>

#include "shared.h"

namespace soak {

// The memory that is shared with the servers, and its descriptor to be inherited.
class SharedMemory {
 public:
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory &) = delete;
  SharedMemory &operator=(const SharedMemory &) = delete;
  Shared *operator->() const { return shared_; }
  Shared &operator*() const { return *shared_; }
  int fd() const { return fd_; }
  void reset() const;  // as for a new program

 private:
  int fd_;
  Shared *shared_;
};

class Server {
 public:
  // errors: a file for what the program says on standard error.
  Server(const std::vector<std::string> &command, const SharedMemory &memory, const std::string &errors);
  ~Server();
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  // One run, to its end. The wait status of the program; throws if the server is gone, or nothing happens for
  // a minute.
  int run() const;

 private:
  int pid_ = -1;
  int requests_ = -1, replies_ = -1;
};

}  // namespace soak
