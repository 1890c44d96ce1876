#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace e2e {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr microseconds hang_after = std::chrono::minutes(2);

volatile std::sig_atomic_t interrupted = 0;

[[noreturn]] void throw_errno(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Fd {
 public:
  explicit Fd(int fd, const char *what) : fd_(fd) {
    if (fd_ < 0) throw_errno(what);
  }
  Fd(const Fd &) = delete;
  Fd &operator=(const Fd &) = delete;
  ~Fd() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

nanoseconds time_since_start() {
  static const Clock::time_point start = Clock::now();
  return Clock::now() - start;
}

// Waits for one descriptor; false when the time is up.
bool wait_readable(int fd, nanoseconds time_left) {
  if (time_left < nanoseconds(0)) time_left = nanoseconds(0);
  timespec limit{time_left.count() / 1'000'000'000, time_left.count() % 1'000'000'000};
  pollfd entry{fd, POLLIN, 0};
  int ready = ppoll(&entry, 1, &limit, nullptr);
  if (interrupted != 0) throw std::runtime_error("interrupted");
  if (ready < 0 && errno != EINTR) throw_errno("ppoll");
  return ready > 0;
}

class Child {
 public:
  Child(const Command &command, int pipe_fd) : output_(memfd_create("output", MFD_CLOEXEC), "memfd_create") {
    std::vector<char *> arguments;
    for (const std::string &argument : command) arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw_errno("fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(127);
      dup2(output_.get(), STDOUT_FILENO);
      dup2(output_.get(), STDERR_FILENO);
      if (pipe_fd == progress_fd) {
        fcntl(pipe_fd, F_SETFD, 0);
      } else if (pipe_fd >= 0) {
        dup2(pipe_fd, progress_fd);
      }
      execv(arguments[0], arguments.data());
      dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], std::strerror(errno));
      _exit(127);
    }
  }
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;
  ~Child() {
    if (pid_ > 0) {
      kill_now();
      waitpid(pid_, nullptr, 0);
    }
  }

  void kill_now() { ::kill(pid_, SIGKILL); }

  nanoseconds processor_time() const {
    clockid_t clock;
    timespec time{};
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return nanoseconds::max();
    return nanoseconds(time.tv_sec * 1'000'000'000 + time.tv_nsec);
  }

  // It waits for something other than the processor or a disk.
  bool sleeps() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && text[name_end + 2] == 'S';
  }

  bool wait_for_end(microseconds time_max) {
    // Not pidfd_open(): glibc 2.36 declares it without C linkage.
    Fd handle(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
    Clock::time_point deadline = Clock::now() + time_max;
    while (!wait_readable(handle.get(), deadline - Clock::now())) {
      if (Clock::now() >= deadline) return false;
    }
    return true;
  }

  // Waits without limit, so to be called when the end is certain.
  Outcome reap() {
    int status = 0;
    if (waitpid(pid_, &status, 0) != pid_) throw_errno("waitpid");
    pid_ = -1;
    Outcome outcome;
    outcome.end = WIFEXITED(status) ? Outcome::End::exited : Outcome::End::signalled;
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    outcome.duration = std::chrono::duration_cast<microseconds>(Clock::now() - started_);
    char buffer[4096];
    for (off_t at = 0;;) {
      ssize_t count = pread(output_.get(), buffer, sizeof buffer, at);
      if (count <= 0) break;
      outcome.output.append(buffer, static_cast<std::size_t>(count));
      at += count;
    }
    return outcome;
  }

 private:
  Fd output_;
  pid_t pid_ = -1;
  Clock::time_point started_ = Clock::now();
};

// The numbers that arrive on the progress pipe.
class Progress {
 public:
  std::uint64_t messages = 0;
  std::optional<std::uint64_t> last;

  // False at the end of the pipe: nobody is left to write to it.
  bool read_from(int fd) {
    char buffer[4096];
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno != EINTR) throw_errno("read");
    for (ssize_t i = 0; i < count; ++i) {
      if (buffer[i] != '\n') {
        line_ += buffer[i];
        continue;
      }
      last = std::stoull(line_);
      line_.clear();
      ++messages;
    }
    return count != 0;
  }

 private:
  std::string line_;
};

}  // namespace

std::string Outcome::describe() const {
  std::string text = end == End::exited      ? "exit status " + std::to_string(status)
                     : end == End::signalled ? std::string("killed by ") + strsignal(status)
                                             : "no end";
  if (!output.empty()) text += ": " + output.substr(0, output.find_last_not_of('\n') + 1);
  return text;
}

Outcome run_command(const Command &command, microseconds time_max) {
  Child child(command, -1);
  bool ended = child.wait_for_end(time_max);
  while (!ended && !child.sleeps() && child.processor_time() < time_max)
    ended = child.wait_for_end(std::chrono::milliseconds(10));
  if (!ended) child.kill_now();
  Outcome outcome = child.reap();
  if (!ended) outcome.end = Outcome::End::timed_out;
  return outcome;
}

Killed run_and_kill(const Command &command, const KillPoint &point) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe2");
  Fd reader(ends[0], "pipe"), writer(ends[1], "pipe");
  Child child(command, writer.get());
  writer.reset();
  Killed killed;
  Progress progress;
  auto now = [&] { return point.of_processor_time ? child.processor_time() : time_since_start(); };
  std::optional<nanoseconds> kill_time;
  bool hung = false;
  for (nanoseconds give_up_time = time_since_start() + hang_after; !killed.finished && !hung;) {
    if (!kill_time && progress.messages >= point.messages) kill_time = now() + point.delay;
    if (kill_time && now() >= *kill_time) break;
    hung = time_since_start() >= give_up_time;
    constexpr nanoseconds nap_min = microseconds(5);  // a child that sleeps uses no processor time
    if (wait_readable(reader.get(), kill_time ? std::max(*kill_time - now(), nap_min) : hang_after)) {
      killed.finished = !progress.read_from(reader.get());
    }
  }
  if (killed.finished) hung = !child.wait_for_end(hang_after);  // the pipe is closed, so it is about to exit
  child.kill_now();
  killed.outcome = child.reap();
  // The signal may have come when the child had just ended.
  killed.finished = !hung && killed.outcome.end == Outcome::End::exited;
  if (hung) killed.outcome.end = Outcome::End::timed_out;
  while (progress.read_from(reader.get())) {
  }
  killed.reported = progress.last;
  return killed;
}

void prepare_driver() {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // ns; the usual 50 µs is too coarse to aim between two commits
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace e2e
