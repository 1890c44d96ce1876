#include "program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace crash_test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

volatile std::sig_atomic_t interrupted = 0;

[[noreturn]] void throw_errno(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

[[noreturn]] void become(const Run &what) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(what.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = open("/dev/null", O_RDONLY);
  if (out < 0 || in < 0 || chdir(what.directory.c_str()) != 0) _exit(125);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  for (const std::string &assignment : what.environment) {
    const std::size_t equals = assignment.find('=');
    setenv(assignment.substr(0, equals).c_str(), assignment.c_str() + equals + 1, 1);
  }
  std::vector<char *> arguments;
  for (const std::string &word : what.command) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  const int error = errno;
  dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], std::system_category().message(error).c_str());
  _exit(error == ENOENT ? 127 : 126);
}

// Whether the process ended before the time was up.
bool wait_for_end(pid_t pid, std::optional<double> seconds) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) throw_errno("pidfd_open");
  const auto end = Clock::now() + nanoseconds(seconds ? static_cast<long>(*seconds * 1e9) : 0);
  int ready = 0;
  do {
    const nanoseconds left =
        std::max(nanoseconds(0), std::chrono::duration_cast<nanoseconds>(end - Clock::now()));
    const timespec limit = {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd entry = {handle, POLLIN, 0};
    ready = ppoll(&entry, 1, seconds ? &limit : nullptr, nullptr);
  } while (ready < 0 && errno == EINTR && interrupted == 0);
  (void)close(handle);
  return ready > 0;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  (void)sigaction(SIGINT, &action, nullptr);
  (void)sigaction(SIGTERM, &action, nullptr);
}

void throw_if_interrupted() {
  if (interrupted != 0) throw Interrupted();
}

Ended run(const Run &what) {
  prctl(PR_SET_TIMERSLACK, 1UL);              // aim exactly
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // what the program leaves behind is ours to wait for
  const auto begin = Clock::now();
  const pid_t pid = fork();
  if (pid < 0) throw_errno("fork");
  if (pid == 0) become(what);
  (void)setpgid(pid, pid);  // here too: whoever comes first
  (void)wait_for_end(pid, what.kill_after);
  (void)kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) != pid)
    if (errno != EINTR) throw_errno("waitpid");
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  while (waitpid(-pid, nullptr, 0) > 0 || errno == EINTR) {
  }
  throw_if_interrupted();
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), killed, seconds};
}

}  // namespace crash_test
