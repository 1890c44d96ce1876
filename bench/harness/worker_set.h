// Systems that do the same work, each in a worker of its own (worker.h), told in turn what to do.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/worker_process.h"

namespace bench {

class WorkerSet {
 public:
  explicit WorkerSet(const Options &options) : options_(options) {}

  // arguments follow the program's name; the first one is the worker's file, which is where its contents are
  // in the end unless contents says otherwise. A program that was not built is left out, with a line that
  // says so.
  void add(const std::string &name, const std::string &program, std::vector<std::string> arguments,
           const std::vector<std::string> &environment, const std::string &contents = {});

  std::vector<std::string> names() const;

  // Of a workload that has several mixes: from now on this one.
  void use(char letter);

  // Each does so many operations in each round, without commits if per_commit is 0: ns per operation, of CPU
  // time (key "ns") or wall time
  // ("wall_ns").
  Rounds measure(std::uint64_t operations, std::uint64_t per_commit, const std::string &key = "ns");

  // Fails unless all have the same contents, those that count commits have made one for each that was asked
  // for and one for the initial contents (or for each of their "writes", and "initial_commits"), those whose
  // file has nothing but the contents ("plain_file", "bytes" of it if not all) have them there, and those
  // that flush do.
  void verify();

  // verify(), and the workers' ends.
  void finish();

 private:
  struct Member {
    std::string name, file;
    std::unique_ptr<WorkerProcess> worker;
  };
  const Options &options_;
  std::vector<Member> members_;
  std::uint64_t commits_ = 0;  // of each
};

}  // namespace bench
