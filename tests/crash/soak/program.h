// A random program: the part of the killed process that does what the plan says.
#pragma once
#include <algorithm>
#include <mutex>

#include "kill_timer.h"
#include "rounds.h"
#include "shared.h"

namespace soak {

#if defined(SOAK_INSTRUMENTED)
using Writer = InstrumentedWriter;
#else
using Writer = LibcWriter;
#endif

extern Shared *shared;

void check(bool holds, const char *what);  // gives up unless it does

// Follows the median, so that the times when the machine was busy with others do not count.
inline void note_duration(std::atomic<u64> &median, u64 ns) {
  const u64 before = median.load(std::memory_order_relaxed), step = before / 16 + 1;
  median.store(ns > before ? before + step : before - std::min(step, before), std::memory_order_relaxed);
}

class Program {
 public:
  explicit Program(const Plan &plan) : plan_(plan) {}
  void open_all();
  void run();

 private:
  struct File {
    int fd = -1;
    char *begin = nullptr;
  };
  void open_file(unsigned number);
  void map_file(unsigned number);
  void find_part(unsigned number);
  void check_part(unsigned number);
  void run_part(unsigned number);
  void run_group_member(unsigned number);
  void run_cells(unsigned number);
  void run_thread(unsigned number);
  void commit_part(unsigned number, u64 k);
  void commit_group();
  void roll_back(unsigned number, u64 k);
  void compare_with_read(unsigned number);
  void aim_at_commit();
  template <typename Commit>
  void timed_commit(Commit commit);
  void report();

  const Plan plan_;
  File files_[parts_max];
  Part parts_[parts_max];
  std::mutex group_lock_;
  std::atomic<u64> reports_{0}, commits_begun_{0};
  KillTimer timer_;
};

}  // namespace soak
