// Stops one thread of a program at each of its instructions, so that what other threads (or a signal handler)
// do just there can be tried for every "there": races become a loop over instructions, and no luck is needed.
//
// The scenario runs in a forked child. Its main thread is the one that is stepped, between two marks (int3)
// that it sets itself; its other threads run freely. The parent is the tracer (ptrace(2)) and talks to those
// other threads through pipes. A limit on waiting turns a deadlock into a failure. Tracer and child share one
// CPU: each hands over to the other and neither runs ahead meanwhile, and a step need not wake up another
// CPU.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace test {

inline void mark_for_tracer() { __asm__ volatile("int3" ::: "memory"); }

// Requests from the tracer to a helper thread of the child, one at a time, each answered by one byte.
class Helpline {
 public:
  Helpline() {
    if (pipe2(ask_, O_CLOEXEC) != 0 || pipe2(answer_, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
  ~Helpline() {
    for (int fd : {ask_[0], ask_[1], answer_[0], answer_[1]}) (void)close(fd);
  }
  Helpline(const Helpline &) = delete;
  Helpline &operator=(const Helpline &) = delete;

  // The helper's side; by system calls that nobody stands in front of.
  std::uint64_t next_request() const {
    std::uint64_t request = 0;
    if (syscall(SYS_read, ask_[0], &request, sizeof request) != sizeof request) _exit(97);
    return request;
  }
  void reply(char text) const {
    if (syscall(SYS_write, answer_[1], &text, 1UL) != 1) _exit(98);
  }

  // The tracer's side. Throws if no answer comes: the helper waits for the thread that stands still.
  char ask(std::uint64_t request) const {
    send(request);
    return receive();
  }
  void send(std::uint64_t request) const {
    if (write(ask_[1], &request, sizeof request) != sizeof request)
      throw std::runtime_error("the helper is gone");
  }
  char receive() const {
    pollfd ready = {answer_[0], POLLIN, 0};
    if (poll(&ready, 1, 20000) != 1) throw std::runtime_error("the helper is stuck");
    char text = 0;
    if (read(answer_[0], &text, 1) != 1) throw std::runtime_error("the helper is gone");
    return text;
  }

 private:
  int ask_[2], answer_[2];
};

// This thread, and what it forks meanwhile, stays on the CPU where it is. Children keep that.
class OnOneCpu {
 public:
  OnOneCpu() {
    const int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    // Where it is not allowed the tests are slower, and no less right.
    pinned_ = sched_setaffinity(0, sizeof one, &one) == 0;
  }
  ~OnOneCpu() {
    if (pinned_) (void)sched_setaffinity(0, sizeof before_, &before_);
  }
  OnOneCpu(const OnOneCpu &) = delete;
  OnOneCpu &operator=(const OnOneCpu &) = delete;

 private:
  cpu_set_t before_;
  bool pinned_ = false;
};

class SteppedThread {
 public:
  // body runs in the child; its return value is the exit status.
  template <typename Body>
  explicit SteppedThread(Body body) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      try {
        _exit(body());
      } catch (const std::exception &e) {
        std::fprintf(stderr, "in the child: %s\n", e.what());
        _exit(96);
      }
    }
  }
  // Another thread of a child; it and the child end together.
  struct Attach {
    pid_t child, thread;
  };
  explicit SteppedThread(Attach to) : pid_(to.thread), child_(to.child) {
    if (ptrace(PTRACE_ATTACH, pid_, nullptr, nullptr) != 0 || !wait_for_stop())
      throw std::runtime_error("PTRACE_ATTACH");
    attached() = pid_;
  }
  ~SteppedThread() {
    if (attached() == pid_) attached() = 0;
    if (gone_) return;
    syscall(SYS_tgkill, child_ != 0 ? child_ : pid_, pid_, SIGKILL);
    for (int status = 0; waitpid(pid_, &status, __WALL) >= 0 || errno == EINTR;)
      if (WIFEXITED(status) || WIFSIGNALED(status)) break;
  }
  SteppedThread(const SteppedThread &) = delete;
  SteppedThread &operator=(const SteppedThread &) = delete;

  // Runs freely to the next mark. false: the child has exited, or was killed because it did not get there in
  // time.
  bool run_to_mark() {
    const TimeLimit limit(pid_);
    resume(PTRACE_CONT, 0);
    while (wait_for_stop()) {
      if (signal_ == SIGTRAP) return true;
      resume(PTRACE_CONT, signal_ == SIGSTOP ? 0 : signal_);
    }
    return false;
  }

  // One instruction, or the delivery of a signal. false: it was the next mark, or the end of the child.
  bool step(int deliver = 0) {
    resume(PTRACE_SINGLESTEP, deliver);
    if (!wait_for_stop()) return false;
    if (signal_ != SIGTRAP) throw std::runtime_error("signal " + std::to_string(signal_) + " while stepping");
    siginfo_t info;
    ptrace(PTRACE_GETSIGINFO, pid_, nullptr, &info);
    if (info.si_code != SI_KERNEL) ++steps_;  // SI_KERNEL: int3
    return info.si_code != SI_KERNEL;
  }

  // Runs to the entry of the system call. false: a mark came first.
  bool run_to_system_call(long number) {
    for (;;) {
      resume(PTRACE_SYSCALL, 0);
      if (!wait_for_stop()) return false;
      if (signal_ != (SIGTRAP | 0x80)) return false;
      user_regs_struct registers;
      ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
      // rax is -ENOSYS at the entry, the result at the exit.
      if (registers.orig_rax == static_cast<unsigned long>(number) &&
          registers.rax == static_cast<unsigned long>(-ENOSYS))
        return true;
    }
  }

  // Lets it run to its end. The exit status, or 128 + the signal that ended it.
  int finish() {
    while (run_to_mark()) {
    }
    return status_;
  }

  std::uint8_t byte_at(std::uint64_t address) const {
    errno = 0;
    const long word = ptrace(PTRACE_PEEKDATA, pid_, address & ~std::uint64_t{7}, nullptr);
    if (errno != 0) throw std::runtime_error("PTRACE_PEEKDATA");
    return static_cast<std::uint8_t>(static_cast<std::uint64_t>(word) >> (address % 8 * 8));
  }
  // Runs on without being waited for; the next run_to_mark() waits.
  void let_go_on() {
    resume(PTRACE_CONT, 0);
    running_ = true;
  }

  // The thread of this process that is not this one; there must be one.
  pid_t other_thread() const {
    for (const auto &entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task"))
      if (const pid_t thread = std::stoi(entry.path().filename()); thread != pid_) return thread;
    throw std::runtime_error("there is no other thread");
  }

  std::uint64_t instruction_pointer() const {
    user_regs_struct registers;
    ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
    return registers.rip;
  }

  std::uint64_t steps() const { return steps_; }
  int status() const { return status_; }
  pid_t pid() const { return pid_; }

 private:
  // The child's other thread that is traced; 0: none. It must be waited for, or the end of the child is not
  // told.
  static pid_t &attached() {
    static pid_t thread;
    return thread;
  }

  // Kills the child when the time is up.
  class TimeLimit {
   public:
    explicit TimeLimit(pid_t pid) {
      victim() = pid;
      struct sigaction action = {};
      action.sa_handler = [](int) {
        (void)kill(victim(), SIGKILL);
        if (attached() != 0 && attached() != victim()) (void)waitpid(attached(), nullptr, __WALL);
      };
      sigaction(SIGALRM, &action, &before_);
      (void)alarm(20);
    }
    ~TimeLimit() {
      (void)alarm(0);
      sigaction(SIGALRM, &before_, nullptr);
    }
    TimeLimit(const TimeLimit &) = delete;
    TimeLimit &operator=(const TimeLimit &) = delete;

   private:
    static pid_t &victim() {
      static pid_t pid;
      return pid;
    }
    struct sigaction before_ = {};
  };

  void resume(__ptrace_request how, int signal) {
    // The first stop is at the first mark; there is nothing to resume before it.
    if (!started_ || running_) return;
    if (ptrace(how, pid_, nullptr, static_cast<long>(signal)) != 0) throw std::runtime_error("ptrace");
  }
  bool wait_for_stop() {
    int status = 0;
    running_ = false;
    while (waitpid(pid_, &status, __WALL) < 0)
      if (errno != EINTR) throw std::runtime_error("waitpid");
    if (!started_) {
      started_ = true;
      if (WIFSTOPPED(status))
        ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    }
    gone_ = !WIFSTOPPED(status);
    if (gone_) status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    signal_ = gone_ ? 0 : WSTOPSIG(status);
    return !gone_;
  }

  OnOneCpu on_one_cpu_;  // before the fork
  pid_t pid_;
  pid_t child_ = 0;  // that an attached thread belongs to
  bool started_ = false;
  bool running_ = false;
  bool gone_ = false;
  int signal_ = 0;
  int status_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace test
