// The redo protocol of page-cache media: one append to the log and one sync per commit (design.md, section
// 2).
//
//   1 record to the log's tail: new lines, sizes, sequence number, checksum
//   2 SYNC log      the record is durable (invariant 2): recovery writes its lines
//   3 the record's lines to the backing range, which the kernel writes to the file when it likes
// No line is in the backing range before its record is durable (invariants 1, 4): the kernel may write any
// page of it at any time. The data file itself is synced by a checkpoint only: when an area of the log is
// full, and when the file is closed. Then the records before it are not needed any more, and the next one
// begins the other area, which is where recovery starts.
//
// A commit that need not wait (MS_ASYNC) ends after step 1: its record is *pending*, and whoever syncs the
// log next does steps 2 and 3 for it. A kill does not lose it; a power cut takes it with all that came after
// it.
//
// A commit that makes the file shorter is the last of its area: what follows begins after a checkpoint, so
// that recovery never has to cut a file in the middle of what it writes.
//
// After a sync that failed the kernel counts as clean what the medium has not got (Rebello et al., "Can
// Applications Recover from fsync Failures?", USENIX ATC 2020). So pending records are kept in memory and
// written again, and the lines since the last checkpoint are copied again from the log.
#pragma once
#include "commit/managed_file.h"

namespace snapshot {

// Whether a commit waits until it is durable.
enum class Durability {
  now,
  later,  // MS_ASYNC: the kernel is asked to begin
  group,  // the caller waits, for several at once: finish_group
};

// Commits the lines in file.runs together with the file's size. Success: durable, or pending; file.runs is
// consumed. Failure (ENOSPC, EDQUOT, EIO, ENOMEM): the file is at the commit before; file.runs is untouched,
// for put_back. Commits that were pending before are so still.
Status commit_append(ManagedFile &file, u64 lines, Durability durability) SNAPSHOT_REQUIRES(file.commit_lock);

// No record is pending on return: all are durable, and the backing range has their lines. ENOSPC, EIO: can be
// repeated.
Status settle_append(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// The same for whoever reads the backing range then. After a failed sync of the data the kernel may have
// dropped pages that the disk never got, and read older ones from it: they are made again from the log. EIO
// also if the log cannot be read.
Status settle_to_read(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// The end of a group of commits, which began after the one with this sequence number: as settle_append, but
// if the log cannot be synced, those of the group that are not durable have not been made, and their lines
// are dirty again; log.tail.durable says which were. ENOSPC, EIO.
Status finish_group(ManagedFile &file, u64 sequence_before) SNAPSHOT_REQUIRES(file.commit_lock);

// As settle_to_read, and the data file is synced: the log is not needed. EIO, ENOSPC: can be repeated.
Status checkpoint(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// A sync of the data file, for whatever reason, has failed.
inline void note_failed_sync(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  file.append.data_failed = true;
  file.append.checkpointed = false;
}

}  // namespace snapshot
