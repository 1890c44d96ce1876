// The long steps of managing a file and of letting it go. Part of the registry, which serialises them.
#pragma once
#include "api/registry.h"

namespace snapshot {

// What recovery found when files were opened.
struct RecoveryCounters {
  u64 clean;
  u64 rolled_back;
};

// Recovers the candidate's file if a log is there, locks it, and opens a window with room for bytes at least.
// EAGAIN: another process has it; without a message if SNAPSHOT_WAIT=1 asks to wait. On failure nothing is
// left behind but what recovery did.
Status open_file(const Candidate &candidate, u64 bytes, RecoveryCounters *counters, RegisteredFile **out);

// Returns when no process holds the log of the candidate's file; somebody else may take it before we do.
// Outside the registry's locks, with signals enabled: this can take for ever.
Status wait_for_writer(const Candidate &candidate);

// The words for blocks that cannot be had for the holes of a file.
Status cannot_allocate(const char *path, Status s);

// Retires the log and gives window and memory back. Everything that is to be kept has been committed.
void close_file(RegisteredFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// Lets go of the log: removes it if recovery would have nothing to do, else leaves it for the next open.
void let_go_of_log(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// Gives back the window of an inherited file.
void close_inherited(RegisteredFile &file);

// The child's half of fork, for one open file: keeps the working copy, drops everything that writes.
void become_inherited(RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS;

}  // namespace snapshot
