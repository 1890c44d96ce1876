// The comparing process's half of a measurement: see worker.h.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace bench {

using Reply = std::map<std::string, std::string>;

std::uint64_t number(const Reply &reply, const std::string &key);

class WorkerProcess {
 public:
  // environment: NAME=VALUE entries that replace or join those of this process.
  WorkerProcess(std::vector<std::string> command, const std::vector<std::string> &environment);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess &) = delete;
  WorkerProcess &operator=(const WorkerProcess &) = delete;

  // Sends a command and waits for the answer. Fails if the worker is gone.
  Reply ask(const std::string &command);

  // Ends the worker and waits for it. Fails if its exit status is not 0.
  void finish();

 private:
  std::string name_;
  pid_t pid_ = -1;
  FILE *to_ = nullptr;
  FILE *from_ = nullptr;
};

}  // namespace bench
