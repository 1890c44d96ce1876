// What the files of a random program must hold, computed outside it: a model of each part, at the same
// address, changed by the same rounds.
//
// The rule. Every part is exactly in the state after some round: at least the newest one that a returned
// commit covers, at most the one after it, and that only if it had begun. In a group, all parts are at the
// rounds that one group commit recorded: the newest that returned, or the next. Cells in shared lines: see
// check_cells.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "part.h"
#include "shared.h"

namespace soak {

class Oracle {
 public:
  explicit Oracle(const Plan &plan) : plan_(plan) {}
  ~Oracle();
  Oracle(const Oracle &) = delete;
  Oracle &operator=(const Oracle &) = delete;

  // To be called after each run, however it ended.
  void note_end_of_run(const Shared &shared);
  // What is wrong with the recovered files, or nothing.
  std::optional<std::string> check(const std::string &directory, const Shared &shared);

  // Whether the last check found a part, or the group, in a state whose commit was not known to have
  // returned.
  bool was_ahead() const { return ahead_; }
  // The states that the last check expected, for who looks into a failure.
  void write_expected(const std::string &directory) const;

 private:
  void map_models(const Shared &shared);
  void advance(unsigned part, u64 round);
  std::string wrong(unsigned part, const std::string &what) const;
  std::optional<std::string> check_part(unsigned part, const std::string &bytes, const Shared &shared);
  std::optional<std::string> check_group(const std::string &bytes, const Shared &shared);
  std::optional<std::string> check_cells(const std::string &bytes, const Shared &shared);
  std::optional<std::string> check_file(unsigned file, const std::string &bytes, const Shared &shared);

  const Plan plan_;
  bool mapped_ = false;
  bool ahead_ = false;
  Part models_[parts_max];
  u64 rounds_[parts_max] = {};
  char *mappings_[parts_max] = {};
  // Shape::shared: what each cell holds at least, and the rounds that a kill interrupted, with their cells.
  std::vector<u64> cells_;
  std::map<u64, std::set<u64>> torn_[parts_max];
};

}  // namespace soak
