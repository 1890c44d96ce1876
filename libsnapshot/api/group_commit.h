// Threads that commit one file at the same time share a sync: group commit (DeWitt et al., "Implementation
// Techniques for Main Memory Database Systems", SIGMOD 1984).
//
// A commit of page-cache media is some microseconds of work and then a sync, which takes a hundred and covers
// whatever is in the log. So each thread hands in a request; the first of those that wait is their leader.
// When it has the file's lock it takes all requests there are, commits one after the other, each with a
// record of its own, and syncs once. While it does, the next group gathers, with a leader that waits for the
// lock.
//
// A thread that has just been served mostly comes back at once, and would miss the group that begins. So a
// leader waits for as many requests as there were last time, for at most half of the time that the last sync
// took (the commit_delay of PostgreSQL, set by what is measured).
#pragma once
#include "api/registry.h"
#include "commit/gather.h"

namespace snapshot {

// Commits these lines of the file, durable on return. Errors as commit_range and lock_for_commit.
Status commit_in_group(RegisteredFile &file, LineRange range);

// In a forked child, whose other threads are gone.
void forget_group_after_fork(RegisteredFile &file);

}  // namespace snapshot
