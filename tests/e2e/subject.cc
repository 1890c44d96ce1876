#include "subject.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace e2e {
namespace {

struct Scale {
  const char *name;
  std::uint64_t operations, commit_every;
};

// Enough work between two commits that a kill is likely to meet it, enough commits that it may meet those
// too.
constexpr Scale scales[] = {{"array_append", 8192 * 300, 8192},  {"linked_list", 4096 * 200, 4096},
                            {"btree", 2048 * 200, 2048},         {"kv", 0, 512},
                            {"containers", 2048 * 100, 2048},    {"kyotocabinet", 64 * 150, 64},
                            {"kyotocabinet_tree", 64 * 150, 64}, {"lmdb", 64 * 150, 64},
                            {"lmdb_nosync", 64 * 150, 64},       {"tkrzw_hash", 64 * 150, 64},
                            {"tkrzw_tree", 64 * 150, 64},        {"tkrzw_hash_hard", 64 * 150, 64},
                            {"rrdtool", 64 * 150, 64},           {"gdbm", 64 * 150, 64}};

Command with_arguments(Command first, const Command &more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

std::uint64_t count_lines(const std::string &path) {
  std::ifstream input(path);
  if (!input) throw std::runtime_error(path + ": cannot be read");
  return static_cast<std::uint64_t>(
      std::count(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>(), '\n'));
}

}  // namespace

Subject::Subject(const std::string &name, const Tools &tools, std::uint64_t seed)
    : name_(name),
      words_(tools.words),
      examples_(tools.examples),
      preload_(tools.preload),
      seed_(std::to_string(seed)) {
  const Scale *scale =
      std::find_if(std::begin(scales), std::end(scales), [&](auto &s) { return name == s.name; });
  if (scale == std::end(scales)) throw std::runtime_error(name + ": no such example");
  commit_every_ = scale->commit_every;
  operations_ = scale->operations != 0 ? scale->operations : count_lines(words_);
}

Command Subject::program(Build build) const {
  const std::string path = examples_ + "/" + name_;
  if (build == Build::plain) return {path + "-plain"};
  if (preload_.empty()) return {path};
  return {"/usr/bin/env", "SNAPSHOT_TRACK=pages", "LD_PRELOAD=" + preload_, path + "-plain"};
}

Command Subject::run(Build build, const std::string &file, bool with_progress) const {
  bool is_kv = name_ == "kv";
  Command command = run_until(build, file, operations_);
  if (with_progress) {
    command.insert(command.end(), {is_kv ? "--progress-fd" : "--progress", std::to_string(progress_fd)});
  }
  return command;
}

Command Subject::run_until(Build build, const std::string &file, std::uint64_t operations) const {
  std::string end = std::to_string(operations), every = std::to_string(commit_every_);
  return name_ == "kv"
             ? with_arguments(program(build), {"load", file, words_, "--limit", end, "--batch", every})
             : with_arguments(program(build), {"run", file, end, seed_, "--commit-every", every});
}

Command Subject::check(Build build, const std::string &file) const {
  std::string every = std::to_string(commit_every_);
  return name_ == "kv" ? with_arguments(program(build), {"check", file, words_, "--batch", every})
                       : with_arguments(program(build), {"check", file, seed_, "--commit-every", every});
}

Verdict run_check(const Command &command, microseconds time_max) {
  Outcome outcome = run_command(command, time_max);
  Verdict verdict;
  verdict.details = outcome.describe();
  verdict.repaired = outcome.output.find("repaired\n") != std::string::npos;
  if (outcome.end == Outcome::End::timed_out) {
    verdict.kind = Verdict::Kind::hung;
  } else if (outcome.end == Outcome::End::exited && (outcome.status == 0 || outcome.status == 3)) {
    verdict.kind = outcome.status == 0 ? Verdict::Kind::committed : Verdict::Kind::between_commits;
    // Standard error comes along; the number is the only line that begins with a digit.
    std::size_t at = 0;
    while (at < outcome.output.size() && (outcome.output[at] < '0' || outcome.output[at] > '9')) {
      at = std::min(outcome.output.find('\n', at), outcome.output.size() - 1) + 1;
    }
    if (at == outcome.output.size())
      throw std::runtime_error("no number from " + command[0] + ": " + outcome.output);
    verdict.counter = std::stoull(outcome.output.substr(at));
  } else if (outcome.end == Outcome::End::exited && outcome.status == 1) {
    verdict.kind = Verdict::Kind::damaged;
  }
  return verdict;
}

}  // namespace e2e
