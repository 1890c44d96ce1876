#include "server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

namespace soak {
namespace {

[[noreturn]] void throw_errno(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Out of the way of the numbers that the program expects, so that dup2 closes none of them.
int high(int fd) {
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  if (moved < 0) throw_errno("F_DUPFD");
  (void)close(fd);
  return moved;
}

}  // namespace

SharedMemory::SharedMemory() : fd_(memfd_create("soak", MFD_CLOEXEC)) {
  if (fd_ < 0 || ftruncate(fd_, sizeof(Shared)) != 0) throw_errno("memfd_create");
  fd_ = high(fd_);
  void *address = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (address == MAP_FAILED) throw_errno("mmap");
  shared_ = new (address) Shared{};
}

SharedMemory::~SharedMemory() {
  (void)munmap(shared_, sizeof(Shared));
  (void)close(fd_);
}

void SharedMemory::reset() const {
  new (shared_) Shared{};
  shared_->opening_ns = 300'000;  // until a run has shown how long it takes
  shared_->round_ns = 100'000;
  shared_->commit_ns = 50'000;
}

Server::Server(const std::vector<std::string> &command, const SharedMemory &memory,
               const std::string &errors) {
  int request[2], reply[2];
  if (pipe2(request, O_CLOEXEC) != 0 || pipe2(reply, O_CLOEXEC) != 0) throw_errno("pipe2");
  for (int *end : {&request[0], &request[1], &reply[0], &reply[1]}) *end = high(*end);
  std::vector<char *> arguments;
  for (const std::string &word : command) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    signal(SIGINT,
           SIG_IGN);  // ^C is for the soak, which ends its servers itself
    dup2(memory.fd(), shared_fd);
    dup2(request[0], request_fd);
    dup2(reply[1], reply_fd);
    dup2(open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  (void)close(request[0]);
  (void)close(reply[1]);
  requests_ = request[1];
  replies_ = reply[0];
}

Server::~Server() {
  (void)close(requests_);
  (void)close(replies_);
  (void)kill(pid_, SIGKILL);  // its child, if there is one, dies with it
  (void)waitpid(pid_, nullptr, 0);
}

int Server::run() const {
  const char request = run_request;
  if (write(requests_, &request, 1) != 1) throw_errno("the program's server is gone");
  pollfd ready = {replies_, POLLIN, 0};
  int result;
  do result = poll(&ready, 1, 60'000);
  while (result < 0 && errno == EINTR);
  if (result == 0)
    throw std::runtime_error("the program hangs: for a minute it was neither killed nor ended");
  int status = 0;
  if (read(replies_, &status, sizeof status) != sizeof status)
    throw std::runtime_error("the program's server ended");
  return status;
}

}  // namespace soak
