// What msync, fsync, munmap and snapshot_commit do, for one file.
#pragma once
#include "commit/append.h"
#include "commit/small_redo.h"

namespace snapshot {

// The part of commit that takes everything.
Status commit_in_general(ManagedFile &file, LineRange range, Durability durability)
    SNAPSHOT_REQUIRES(file.commit_lock);

// Commits the dirty lines in range and the file's size, whatever protocol the medium uses. Durability::later
// need not be durable on return, but is in the order of commits. On return the file is at this commit (kOk)
// or at the one before (ENOSPC, EDQUOT, EIO, ENOMEM, EFBIG, with a message); in the second case every line is
// still dirty and the call can be repeated. A crash midway leaves one of the two.
inline Status commit(ManagedFile &file, LineRange range, Durability durability = Durability::now)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  if (SNAPSHOT_LIKELY(file.protocol == Protocol::redo) && SNAPSHOT_LIKELY(commit_small_redo(file, range)))
    return kOk;
  return commit_in_general(file, range, durability);
}

// What commits have left to later ones is done on return, so that the file needs its log no more. ENOSPC,
// EIO: can be repeated.
Status settle(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// Says why something cannot be done with the file, and returns that.
Status report_failure(const ManagedFile &file, Status why, const char *doing = "commit");

// Whether the log is needed for nothing but what settle does.
bool is_at_rest(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// All lines of the file's window.
inline LineRange whole_file(const ManagedFile &file) {
  const Window &w = file.window();
  return {w.first_line, w.first_line + w.line_count};
}

// The lines that overlap [address, address + length), cut to the file's window.
inline LineRange lines_between(const ManagedFile &file, u64 address, u64 length) {
  const u64 base = file.base().value, window_end = base + file.window().bytes();
  const u64 end = address + length < address ? ~u64{0} : address + length;
  const u64 from = min_u64(max_u64(address, base), window_end), to = min_u64(max_u64(end, from), window_end);
  return {line_of(from), line_of(to + kLineBytes - 1)};
}

// Puts the dirty lines in range back to their committed state; with the whole file in range its size as well.
// Nothing is written to the file. ENOMEM: nothing was changed.
Status rollback(ManagedFile &file, LineRange range) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
