// The process that writes the file of a test, and the file.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "model.h"
#include "temp_dir.h"

namespace backup {

struct Medium {
  const char *name;
  const char *protocol;
  const char *directory;
};
inline const Medium media[] = {{"memory", "redo", "/dev/shm"},
                               {"memory", "undo", "/dev/shm"},
                               {"page-cache", "redo", BACKUP_DISK_DIRECTORY},
                               {"page-cache", "undo", BACKUP_DISK_DIRECTORY}};

class Writer {
 public:
  explicit Writer(const Medium &medium, unsigned threads = 1, bool resizes = false)
      : dir_(medium.directory), threads_(threads), resizes_(resizes), settings_(settings_for(medium)) {
    test::write_file(path(), std::string(first_pages * page_bytes, 0));
    test::write_file(path() + ".progress", std::string(page_bytes, 0));
    const int fd = open((path() + ".progress").c_str(), O_RDWR | O_CLOEXEC);
    progress_ = static_cast<std::atomic<std::uint64_t> *>(
        mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    close(fd);
    start();
  }
  ~Writer() {
    kill_now();
    munmap(progress_, page_bytes);
  }
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  void start() {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    std::vector<std::string> words = {BACKUP_SUBJECT, path(), std::to_string(threads_), resizes_ ? "1" : "0"};
    std::vector<char *> argv, envp;
    for (std::string &word : words) argv.push_back(word.data());
    for (std::string &word : settings_) envp.push_back(word.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int answers = fcntl(out[1], F_DUPFD, 10);
      dup2(in[0], 0);
      dup2(answers, 3);
      close(answers);
      execve(argv[0], argv.data(), envp.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    letters_ = in[1];
    answers_ = out[0];
  }
  // What it had committed, it has.
  void kill_now() {
    if (pid_ <= 0) return;
    (void)kill(pid_, SIGKILL);
    (void)waitpid(pid_, nullptr, 0);
    close(letters_);
    close(answers_);
    pid_ = -1;
  }

  void tell(char letter) const {
    if (write(letters_, &letter, 1) != 1) throw std::runtime_error("the writer is gone");
  }
  std::uint64_t answer() const {
    std::uint64_t number;
    pollfd ready = {answers_, POLLIN, 0};
    if (poll(&ready, 1, 60000) != 1 || read(answers_, &number, sizeof number) != sizeof number)
      throw std::runtime_error("the writer does not answer");
    return number;
  }
  std::uint64_t ask(char letter) const {
    tell(letter);
    return answer();
  }
  // The newest commit of the thread that has returned.
  std::uint64_t returned(unsigned thread = 0) const { return progress_[thread].load(); }

  // "" if the file with these bytes is as some commit left it, and no thread's is older than at least says.
  std::string judge(const std::string &bytes, const std::vector<std::uint64_t> &at_least) const {
    for (unsigned t = 0; t < threads_; ++t) {
      std::uint64_t k = 0;
      const std::string wrong = find_state(bytes, part_of(t, threads_), resizes_, &k);
      if (!wrong.empty()) return wrong;
      if (k < at_least[t])
        return "commit " + std::to_string(k) + ", but " + std::to_string(at_least[t]) + " had returned";
    }
    return "";
  }
  std::vector<std::uint64_t> all_returned() const {
    std::vector<std::uint64_t> all;
    for (unsigned t = 0; t < threads_; ++t) all.push_back(returned(t));
    return all;
  }

  std::string path() const { return dir_ / "data"; }
  std::string journal() const { return path() + ".snaplog.backup"; }
  std::string copy() const { return dir_ / "copy"; }
  pid_t pid() const { return pid_; }

 private:
  static std::vector<std::string> settings_for(const Medium &medium) {
    std::vector<std::string> settings = {"SNAPSHOT_MEDIA=" + std::string(medium.name),
                                         "SNAPSHOT_PROTOCOL=" + std::string(medium.protocol),
                                         "SNAPSHOT_LOG=error", "SNAPSHOT_IGNORE=*.progress"};
    for (const char *name : {"LD_LIBRARY_PATH", "SNAPSHOT_TRACK", "SNAPSHOT_PAGES_FROM",
                             "SNAPSHOT_TEST_MUTANT", "SNAPSHOT_TEST_MUTANTS_REACHED"})
      if (const char *value = getenv(name); value != nullptr)
        settings.push_back(std::string(name) + "=" + value);
    return settings;
  }

  test::TempDir dir_;
  const unsigned threads_;
  const bool resizes_;
  std::vector<std::string> settings_;
  std::atomic<std::uint64_t> *progress_ = nullptr;
  pid_t pid_ = -1;
  int letters_ = -1, answers_ = -1;
};

}  // namespace backup
