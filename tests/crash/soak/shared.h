// What the soak and the program it kills share: memory that outlives the program. The program writes its
// progress there, as plain stores, so that telling does not change the instants at which it can be killed.
#pragma once
#include <atomic>

#include "plan.h"

namespace soak {

inline constexpr int shared_fd = 3, request_fd = 4,
                     reply_fd = 5;  // in the program

enum class Aim : u32 {
  nowhere,       // is not killed: opens the files, which recovers them, and ends without unmapping
  opening,       // from its very start on
  after_report,  // so many commits have returned, and then some time
  in_commit,     // so many commits have returned, and the next has begun some time ago
};
inline constexpr const char *aim_names[] = {"nowhere", "while opening or recovering", "anywhere",
                                            "during a commit"};
inline constexpr unsigned aims = 4;

struct Shared {
  // For the next run; written by the soak.
  u64 seed;
  u32 unmanaged;
  Aim aim;
  u64 reports_before;
  u64 per_mille;  // of the time that this usually takes: opening, a round with its commit, or a commit
  char directory[256];

  // Progress; kept from run to run of one program.
  std::atomic<u64> returned[parts_max];  // newest round of each part that a returned commit covers
  std::atomic<u64> started[parts_max];   // newest round begun
  std::atomic<u64> committing;           // threads inside a commit, as a sum
  std::atomic<u64> group_commit;         // number of the newest group commit that returned
  u64 group_rounds[2][parts_max];        // what commit n covers, at n % 2
  u64 base[parts_max];                   // where each file is mapped; 0: not yet
  std::atomic<u64> opened;               // runs that got as far as having opened all files
  std::atomic<u64> opening_ns, round_ns,
      commit_ns;    // how long they usually take
  char error[512];  // why the program gave up
};

inline constexpr int gave_up = 8;  // its exit status then
inline constexpr char run_request = 'r';

}  // namespace soak
