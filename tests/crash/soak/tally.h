// What was counted so far, in memory that all workers share.
#pragma once
#include <atomic>

#include "shared.h"

namespace soak {

using Count = std::atomic<u64>;

struct Tally {
  Count next_program{0};   // number of the next program, from the first seed on
  Count kills{0};          // of every kind, without the canary's; what --kills asks for
  Count by_kind[3][3][2];  // tracking, place, copy
  Count by_shape[shapes];
  Count by_aim[aims];
  Count in_recovery{0};    // of a process that does nothing but recover
  Count not_looked_at{0};  // after which the program was started again at once: several kills in a row
  Count checks{0};         // of all files, byte for byte
  Count hit_commit{0};  // kills that came while a commit was running, and after which the files were checked
  Count hit_and_kept{0};     // ... and that left the file with this commit
  Count hit_and_undone{0};   // ... and with the one before
  Count recovered_undo{0};   // recoveries that put old lines back
  Count recovered_whole{0};  // recoveries that found the newest commit complete
  Count canary_kills{0};
  Count canary_mixtures{0};
  Count failures{0};
  Count stop{0};  // set by the first who wants all workers to end
};

}  // namespace soak
