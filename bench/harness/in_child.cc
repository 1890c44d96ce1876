#include "harness/in_child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>

#include "harness/fail.h"

namespace bench {
namespace {

// Forks; the child runs body and does not return.
pid_t start(const std::function<void()> &body) {
  fflush(stdout);
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child != 0) return child;
  try {
    body();
  } catch (const std::exception &error) {
    fprintf(stderr, "in a child process: %s\n", error.what());
    _exit(1);
  }
  _exit(0);
}

int status_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) fail("waitpid");
  return status;
}

}  // namespace

double in_child(const std::function<double()> &body) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  const pid_t child = start([&] {
    const double value = body();
    if (write(ends[1], &value, sizeof value) != sizeof value) fail("write");
  });
  close(ends[1]);
  double value = 0;
  const bool told = read(ends[0], &value, sizeof value) == sizeof value;
  close(ends[0]);
  const int status = status_of(child);
  if (!told || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("a measurement in a child process failed");
  return value;
}

void in_killed_child(const std::function<void()> &body) {
  const int status = status_of(start([&] {
    body();
    (void)raise(SIGKILL);
  }));
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    fail("a child process that was to be killed failed");
}

}  // namespace bench
