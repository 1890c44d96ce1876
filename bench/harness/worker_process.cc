#include "harness/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "harness/fail.h"

namespace bench {
namespace {

void set_variable(const std::string &entry) {
  const std::size_t equals = entry.find('=');
  setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
}

[[noreturn]] void become(std::vector<std::string> &command, const std::vector<std::string> &environment) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const std::string &entry : environment) set_variable(entry);
  std::vector<char *> arguments;
  for (std::string &word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  perror(arguments[0]);
  _exit(127);
}

}  // namespace

std::uint64_t number(const Reply &reply, const std::string &key) {
  const auto found = reply.find(key);
  if (found == reply.end()) fail("a worker's answer lacks " + key);
  return std::strtoull(found->second.c_str(), nullptr, 0);
}

WorkerProcess::WorkerProcess(std::vector<std::string> command, const std::vector<std::string> &environment)
    : name_(command.front()) {
  int in[2], out[2];
  // Close-on-exec: a worker that held another's pipe open would keep it from seeing the end of its input.
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) fail(std::string("pipe: ") + strerror(errno));
  pid_ = fork();
  if (pid_ < 0) fail(std::string("fork: ") + strerror(errno));
  if (pid_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    become(command, environment);
  }
  close(in[0]);
  close(out[1]);
  to_ = fdopen(in[1], "w");
  from_ = fdopen(out[0], "r");
}

WorkerProcess::~WorkerProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  fclose(to_);
  fclose(from_);
}

Reply WorkerProcess::ask(const std::string &command) {
  fprintf(to_, "%s\n", command.c_str());
  fflush(to_);
  char line[1024];
  if (fgets(line, sizeof line, from_) == nullptr) fail(name_ + ": ended during \"" + command + "\"");
  Reply reply;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) reply[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return reply;
}

void WorkerProcess::finish() {
  fclose(to_);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  fclose(from_);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail(name_ + ": did not end well");
}

}  // namespace bench
