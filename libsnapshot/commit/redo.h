// The redo protocol of memory media: one fence, durable on return (design.md, section 2).
//
//   1 record to the log: new lines, sizes, sequence number, checksum
//   2 FENCE log     the record is durable (invariant 2): recovery writes its lines if the file has not got
//   them 3 the record's lines to the backing range, which no fence of this commit covers
// The fence of commit n+1 covers step 3 of commit n, and record n is overwritten by record n+2 only: whatever
// step 3 has left undone at a crash is in the records n and n+1. No line is overwritten before its record is
// durable (invariant 1), so that a record that is torn leaves the file at the commit before, with that one's
// record to complete it.
//
// A process that has ever had a second thread fences after step 3 as well (complete_redo says why). That
// orders what other threads see, not what is durable, and counters.fences does not count it.
#pragma once
#include <sys/single_threaded.h>

#include "base/step.h"
#include "commit/gather.h"
#include "commit/in_place.h"

namespace snapshot {

// Commits the lines in file.runs, which a gather has taken, together with the file's size. Success: durable,
// file.runs is consumed. Failure (ENOSPC, EDQUOT, EIO, ENOMEM): nothing has happened; file.runs is untouched,
// for put_back.
Status commit_redo(ManagedFile &file, u64 lines) SNAPSHOT_REQUIRES(file.commit_lock);

// What the newest commit has left to the fence of the next one is durable on return. To be called before its
// log says that it is over. Memory media do not fail.
void settle_redo(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// Steps 2 and 3 for a record of the lines in file.runs, which has been handed to the medium; logged: where
// its lines are. Cannot fail.
__attribute__((always_inline)) inline void complete_redo(ManagedFile &file, u64 lines, u64 size_after,
                                                         const u8 *logged)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  SNAPSHOT_STEP("commit-logged");
  file.medium.fence();
  SNAPSHOT_STEP("commit-log-durable");
  ++file.log.sequence;
  file.committed_size = size_after;
  begin_in_place(file);
  // A line that was listed twice is twice in the record, and the later copy wins, here as in recovery.
  // What is copied is what was logged, not what other threads have stored since.
  (void)copy_to_backing(file.medium, file.runs, logged);
  // Non-temporal stores may become visible after the unlocking of the file: to another thread, which then
  // commits or rolls back, they must not.
  if (SNAPSHOT_UNLIKELY(__libc_single_threaded == 0)) settle_redo(file);
  if (SNAPSHOT_UNLIKELY(backup_asks(file, size_after)))
    tell_backup(file, file.record.data(), logged, size_after);
  end_in_place(file);
  SNAPSHOT_STEP("commit-applied");
  ++file.counters.fences;
  file.counters.lines_committed += lines;
  file.counters.bytes_logged += format::record_bytes(file.runs.size(), lines);
}

}  // namespace snapshot
