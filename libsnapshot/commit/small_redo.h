// Redo commits as most are: of a few lines, which few threads have stored to, and nothing else.
//
// The CPU looks past some 450 instructions (bench/README.md, random_swaps). In a program whose stores miss
// the caches, what a commit has beyond that is time in which the next miss is not under way. So what
// commit.cc, gather.cc and redo.cc ask of commits of any kind, one after the other, is here one function,
// which gives up as soon as anything is unusual.
#pragma once
#include "commit/gather.h"

namespace snapshot {

// Commits the dirty lines in range, as commit_redo does, if there are some and the commit is such a one.
// false: it is not, or something is in its way. Then nothing has happened, and commit.h's way is to be gone,
// which finds out what it is.
bool commit_small_redo(ManagedFile &file, LineRange range) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
