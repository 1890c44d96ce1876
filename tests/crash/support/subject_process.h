// Runs crash_subject, in an environment of its own, and hears from it through a pipe.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

using Words = std::vector<std::string>;

class SubjectProcess {
 public:
  // environment: "NAME=value", beside which there is only what it takes to run. Standard error goes to
  // errors, if named.
  SubjectProcess(const std::string &program, const Words &arguments, Words environment,
                 const std::string &errors = "") {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    reports_ = ends[0];
    environment.push_back("PATH=/usr/bin:/bin");
    for (const char *name : {"LD_LIBRARY_PATH", "SNAPSHOT_TRACK", "SNAPSHOT_PAGES_FROM",
                             "SNAPSHOT_TEST_MUTANT", "SNAPSHOT_TEST_MUTANTS_REACHED"})
      if (const char *value = getenv(name); value != nullptr)
        environment.push_back(std::string(name) + "=" + value);
    Words words = arguments;
    words.insert(words.begin(), program);
    auto argv = pointers(words), envp = pointers(environment);
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (ends[1] == 3)
        fcntl(3, F_SETFD, 0);
      else
        dup2(ends[1], 3);
      if (!errors.empty()) dup2(open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      execve(program.c_str(), argv.data(), envp.data());
      _exit(127);
    }
    close(ends[1]);
  }
  ~SubjectProcess() {
    if (!ended_) {
      kill_now();
      (void)wait();
    }
    close(reports_);
  }
  SubjectProcess(const SubjectProcess &) = delete;
  SubjectProcess &operator=(const SubjectProcess &) = delete;

  // The next number it reports. false: it is gone, or silent for too long.
  bool next_report(std::uint64_t *number) {
    pollfd ready = {reports_, POLLIN, 0};
    return poll(&ready, 1, 60000) == 1 && read(reports_, number, sizeof *number) == sizeof *number;
  }
  void kill_now() const { (void)kill(pid_, SIGKILL); }

  // Exit status, or 128 + signal. Call it after the last report was read, or when there are few.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0)
      if (errno != EINTR) throw std::runtime_error("waitpid");
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  pid_t pid() const { return pid_; }

 private:
  static std::vector<char *> pointers(Words &words) {
    std::vector<char *> all;
    for (std::string &w : words) all.push_back(w.data());
    all.push_back(nullptr);
    return all;
  }
  pid_t pid_ = -1;
  int reports_ = -1;
  bool ended_ = false;
};

inline constexpr int killed = 128 + SIGKILL;

}  // namespace test
