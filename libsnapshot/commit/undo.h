// The undo protocol: two fences, durable on return (design.md, section 2).
//
//   1 one private copy of each new line; its digest
//   2 record to the log: old lines from the backing range, sizes, sequence number, digest, checksum
//   3 FENCE log     the old lines are durable before any of them is overwritten (invariant 1)
//   4 private copies to the backing range
//   5 FENCE data    the new lines are durable before msync returns (invariant 2); from here on the digest in
//   the
//                   record matches the file, so recovery leaves it alone and nothing has to be invalidated
// Digest and copied bytes come from the same private copy, since other threads go on storing.
#pragma once
#include "commit/managed_file.h"

namespace snapshot {

// Commits the lines in file.runs (lines of them, none beyond the file's size) together with the file's size.
// Success: durable, file.runs is consumed. Failure (ENOSPC, EDQUOT, EIO, ENOMEM): the file is at the commit
// before, or will be put there by the next call or by recovery; file.runs still has them, for put_back.
Status commit_undo(ManagedFile &file, u64 lines) SNAPSHOT_REQUIRES(file.commit_lock);

// Puts back what a commit had written to the backing range when its sync failed, and syncs that. Until it
// succeeds no record may be written: the failed commit's record is what recovery needs. kOk when there is
// nothing to do.
Status restore_failed_commit(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
