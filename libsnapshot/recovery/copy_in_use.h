// A copy of a file that a process is writing, as of a commit, without making that process wait.
//
// The copying takes its time, so the copy is a mixture at first. What commits store to the file meanwhile is
// in the journal (log/journal.h), and applied to the copy in the order of the commits:
//
//   1 the backup's number on the board; a fence on every processor (membarrier)
//   2 pieces of the file to the copy; after each of them, what the journal has so far
//   3 the fence again; if a commit is storing, wait until it is done: its lines are in the journal then
//   4 the journal up to there
// A commit that did not see the number has stored all its lines before step 2 (commit/in_place.h), and every
// other is in the journal. So is each commit of which step 2 has read anything: the fence of step 3 makes its
// turn visible, which is stored before its lines, and while that is odd step 3 waits. Applying a record
// early, before the piece where its lines are is copied, is no harm: what is read there later is as new or
// newer. The copy is at the commit that was the newest at step 3, so none that had returned when the backup
// began is missing. (Of commits that need not be durable on return, MS_ASYNC, as many as the file has.)
//
// Beyond the size at step 1, and beyond any size that the journal has had since, nothing is read from the
// file: all that a commit adds there is in its record, or zeros (commit/resize.cc).
#pragma once
#include "log/sidecar.h"
#include "platform/copy_file.h"

namespace snapshot {

struct CopyInUse {
  const char *data_path;
  int data_fd;
  const char *log_path;
  const char *copy_path;
  int copy_fd;  // of an empty file
  CopyProgress progress;
};

// *gone: the process has closed the file, or died; what is in the copy means nothing. Otherwise the copy is
// whole, *size bytes, and not synced. EAGAIN: another backup, or a process that takes no part in it. EACCES,
// EPERM: not our process. ENOSYS: this kernel has no fence for all processors. EINTR: progress said so. EIO,
// ENOSPC, ...: also of the journal, whose room is beside the file. Each error has a message. Whatever
// happens, the process goes on as before.
Status copy_in_use(const CopyInUse &copy, u64 *size, bool *gone);

}  // namespace snapshot
