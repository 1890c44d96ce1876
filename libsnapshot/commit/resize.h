// The file's size as part of its state: visible to the program at once, committed like its bytes.
#pragma once
#include "commit/managed_file.h"

namespace snapshot {

// ftruncate, for a managed file. Growing takes place at once (the new part reads as zeros; recovery cuts it
// off again if no commit follows). Shrinking is only noted: until the next commit the bytes must stay for
// recovery, so the real size changes after that commit; meanwhile the program sees the new size
// (interpose/file_status.cc). fd is the descriptor the program used, or one with O_PATH. EFBIG beyond the
// window, with a message; whatever ftruncate says, without.
Status resize(ManagedFile &file, int fd, u64 size) SNAPSHOT_REQUIRES(file.commit_lock);

// Where the first access to a hole of the file takes a block (tmpfs), and the lazy part of the working copy
// is a mapping of the file: allocates the holes in [0, size), so that a full disk is an error here and never
// a signal there. Not for more than 256 MiB of holes: such a file is meant to be sparse. ENOSPC, without a
// message.
Status allocate_lazy_part(const ManagedFile &file, int fd, u64 size) SNAPSHOT_REQUIRES(file.commit_lock);

// To be called before note_growth when somebody else has made the file larger: what lies beyond the end that
// we knew is shown from the file, also where the working copy has anonymous memory. ENOMEM, without a
// message.
Status show_growth(ManagedFile &file, int fd, u64 size) SNAPSHOT_REQUIRES(file.commit_lock);

// The real file was found, or made, larger: takes note. fd: -1 if there is none at hand.
void note_growth(ManagedFile &file, int fd, u64 size) SNAPSHOT_REQUIRES(file.commit_lock);

// Gives the real file the size that the newest commit says. A failure is not an error: it will be tried
// again, and recovery does the same.
void apply_committed_size(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
