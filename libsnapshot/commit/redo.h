// The redo protocol of memory media: one fence, durable on return (design.md, section 2).
//
//   1 record to the log: new lines, sizes, sequence number, checksum
//   2 FENCE log     the record is durable (invariant 2): recovery writes its lines if the file has not got
//   them 3 the record's lines to the backing range, which no fence of this commit covers
// The fence of commit n+1 covers step 3 of commit n, and record n is overwritten by record n+2 only: whatever
// step 3 has left undone at a crash is in the records n and n+1. No line is overwritten before its record is
// durable (invariant 1), so that a record that is torn leaves the file at the commit before, with that one's
// record to complete it.
#pragma once
#include "commit/gather.h"

namespace snapshot {

// Commits the lines in file.runs, which a gather has taken, together with the file's size. Success: durable,
// file.runs is consumed. Failure (ENOSPC, EDQUOT, EIO, ENOMEM): nothing has happened; file.runs is untouched,
// for put_back.
Status commit_redo(ManagedFile &file, const Taken &taken) SNAPSHOT_REQUIRES(file.commit_lock);

// What the newest commit has left to the fence of the next one is durable on return. To be called before its
// log says that it is over. Memory media do not fail.
void settle_redo(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
