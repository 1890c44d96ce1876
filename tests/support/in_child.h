// Runs part of a test in a forked child: for what can be done once in a process, or ends it.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace test {

// Exit status of the child, or 128 + N if signal N ended it. body returns the status.
template <typename Body>
int in_child(Body body) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) _exit(body());
  int status = 0;
  if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid failed");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace test
