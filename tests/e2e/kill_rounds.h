// Kill, recover, check: the rounds that every example goes through.
//
// Claim: whenever the program is killed, the file holds exactly the operations up to some msync, and at least
// up to the last one that returned. Method: the program reports each msync that returned through a pipe; it
// is killed at a random instant; the file is recovered, by snapctl or by being opened, and compared with what
// it must hold, the last time by a build that knows nothing of Snapshot. Some recoveries are killed, too. The
// next round continues the same file, so that damage which one check cannot see comes to light later. The
// instants vary from run to run; where to aim is a function of the seed, and correctness never depends on
// timing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "scratch_dir.h"
#include "subject.h"

namespace e2e {

using Tally = std::map<Verdict::Kind, int>;

class KillRounds {
 public:
  // `kills` is how many are wanted in all: together they go through the whole load at least once.
  KillRounds(const Subject &subject, const Tools &tools, const std::string &parent_dir, std::uint64_t seed,
             int kills);

  // One uninterrupted run, checked. Throws what is wrong.
  void run_undisturbed();

  // One kill of the instrumented build, with recovery and check. Throws what is wrong.
  void kill_snapshot_build();

  // The same kill, on a copy of what the last kill_snapshot_build() started from, of the plain build.
  Verdict kill_plain_build();

  int kills() const { return kills_done_; }
  std::uint64_t operations_survived() const { return counter_; }
  int fresh_starts() const { return fresh_starts_; }

 private:
  std::uint64_t below(std::uint64_t end);
  KillPoint next_point(bool starting);
  Verdict check_by(Build build, const std::string &name);
  void recover_and_check(const std::optional<std::uint64_t> &reported);
  void start_afresh();

  const Subject &subject_;
  Tools tools_;
  ScratchDir dir_;
  std::mt19937_64 random_;
  std::uint64_t messages_max_;
  microseconds commit_duration_{1000}, run_duration_{0}, check_duration_{0};
  KillPoint point_;
  std::uint64_t counter_ = 0;  // what the file holds
  int kills_done_ = 0, fresh_starts_ = 0;
};

}  // namespace e2e
