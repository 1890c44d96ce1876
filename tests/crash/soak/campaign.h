// One random program, killed again and again on the same files: killed, recovered (or killed while
// recovering, or just started again), compared with the oracle, and so on.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>

#include "oracle.h"
#include "random.h"
#include "server.h"
#include "tally.h"

namespace soak {

struct Programs {
  std::string instrumented, plain, snaprun;
};

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The servers of one worker, each started when it is first needed.
class Servers {
 public:
  Servers(const Programs &programs, const std::string &directory)
      : programs_(programs), errors_(directory + "/errors") {}
  int run(Tracking tracking);
  void restart() {
    for (auto &server : servers_) server.reset();
  }
  const SharedMemory &shared() const { return memory_; }

 private:
  const Programs programs_;
  const std::string errors_;
  SharedMemory memory_;
  std::unique_ptr<Server> servers_[3];
};

class Campaign {
 public:
  // directory: empty, and on the medium that the plan wants.
  Campaign(const Plan &plan, const std::string &directory, Servers &servers, Tally &tally);

  // Kills it so often, or until tally.stop. Throws Failure.
  void run(u64 kills);
  // Without Snapshot: until a check fails, which is as it should be, or so many kills have gone by.
  void run_canary(u64 kills);

  void keep_evidence(const std::string &to) const;

 private:
  void make_files() const;
  void aim(u64 number);
  bool kill_once();  // false: it ended before the timer
  void recover(Random &random);
  void count_kill();
  void kill_opening(Random &random);
  bool kill_recovery(Random &random);
  void recover_files();
  void check();

  const Plan plan_;
  const std::string directory_;
  Servers &servers_;
  const SharedMemory &shared_;
  Tally &tally_;
  Oracle oracle_;
  u64 recovery_ns_ = 50'000;
};

}  // namespace soak
