#include "harness/child_time.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/fail.h"
#include "harness/random.h"

namespace bench {
namespace {

pid_t start(const std::vector<std::string> &command, int output) {
  std::vector<char *> arguments;
  for (const std::string &word : command) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(command[0] + ": " + strerror(error));
  return pid;
}

void read_all(int fd, ChildTime *child) {
  Digest digest;
  char piece[4096];
  for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;) {
    for (ssize_t i = 0; i < n; ++i) digest.add(static_cast<unsigned char>(piece[i]));
    if (child->output.size() < sizeof piece) child->output.append(piece, static_cast<std::size_t>(n));
  }
  child->digest = digest.value();
}

}  // namespace

ChildTime run_child(const std::vector<std::string> &command) {
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) fail(std::string("pipe: ") + strerror(errno));
  const pid_t pid = start(command, output[1]);
  close(output[1]);
  ChildTime child{};
  read_all(output[0], &child);
  close(output[0]);
  int status = 0;
  rusage usage{};
  // Not getrusage(RUSAGE_CHILDREN): that is the sum over all children so far.
  wait4(pid, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail(command[0] + ": did not end well");
  const auto &user = usage.ru_utime;
  child.user_seconds = static_cast<double>(user.tv_sec) + 1e-6 * static_cast<double>(user.tv_usec);
  return child;
}

}  // namespace bench
