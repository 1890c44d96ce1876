#include "harness/worker_set.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "harness/fail.h"
#include "harness/random.h"

namespace bench {
namespace {

std::string digest_of_file(const std::string &path, std::uint64_t bytes) {
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  std::uint64_t word;
  for (std::uint64_t at = 0; at < bytes && file.read(reinterpret_cast<char *>(&word), sizeof word);
       at += sizeof word)
    digest.add(word);
  return std::to_string(digest.value());
}

}  // namespace

void WorkerSet::add(const std::string &name, const std::string &program, std::vector<std::string> arguments,
                    const std::vector<std::string> &environment, const std::string &contents) {
  arguments.insert(arguments.begin(), options_.program(program));
  if (access(arguments.front().c_str(), X_OK) != 0) {
    std::printf("  (no %s: it was not built)\n", name.c_str());
    return;
  }
  members_.push_back({name, contents.empty() ? arguments.at(1) : contents,
                      std::make_unique<WorkerProcess>(arguments, environment)});
}

std::vector<std::string> WorkerSet::names() const {
  std::vector<std::string> names;
  for (const Member &m : members_) names.push_back(m.name);
  return names;
}

void WorkerSet::use(char letter) {
  for (Member &m : members_) (void)m.worker->ask(std::string("use ") + letter);
}

Rounds WorkerSet::measure(std::uint64_t operations, std::uint64_t per_commit, const std::string &key) {
  const std::string command = "run " + std::to_string(operations) + " " + std::to_string(per_commit);
  if (per_commit != 0) commits_ += (options_.rounds + 1) * ((operations + per_commit - 1) / per_commit);
  return interleave(members_.size(), options_.rounds, [&](std::size_t i) {
    return static_cast<double>(number(members_[i].worker->ask(command), key)) /
           static_cast<double>(operations);
  });
}

void WorkerSet::verify() {
  std::string expected, read;
  for (Member &m : members_) {
    Reply facts = m.worker->ask("check");
    const auto require = [&](bool truth, const char *what) {
      if (!truth) fail(m.name + ": " + what);
    };
    if (expected.empty()) expected = facts["digest"];
    require(!expected.empty() && facts["digest"] == expected, "the contents differ from the first system's");
    if (read.empty()) read = facts["read"];
    require(facts["read"] == read, "what it has read differs from what the first system has");
    if (facts.contains("permutation"))
      require(number(facts, "permutation") == 1, "the array is no permutation any more");
    if (facts.contains("commits")) {
      require(number(facts, "managed") == 1, "the file is not managed");
      const bool counts = facts.contains("writes");
      const std::uint64_t expected_commits =
          counts ? number(facts, "writes") + number(facts, "initial_commits") : commits_ + 1;
      require(number(facts, "commits") == expected_commits, "the number of commits is wrong");
    }
    if (facts.contains("plain_file"))
      require(digest_of_file(m.file, facts.contains("bytes") ? number(facts, "bytes") : ~std::uint64_t{0}) ==
                  expected,
              "the file lacks what was committed");
    if (facts.contains("is_pmem"))
      require(number(facts, "is_pmem") == 1 && number(facts, "msync_calls") == 0,
              "it does not flush, but calls msync");
  }
}

void WorkerSet::finish() {
  verify();
  for (Member &m : members_) m.worker->finish();
}

}  // namespace bench
