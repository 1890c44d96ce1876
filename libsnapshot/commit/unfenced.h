// Lines that have been committed without the thread fence (step d in track/mark.cc).
//
// The fence is a system call that interrupts the other CPUs: 2 to 9 us in a virtual machine, where a small
// commit takes 0.2. It is there for a store that another thread has made just now: the thread has found the
// mark of its line set, and so has not listed it; the commit has cleared the mark since, and copied the line
// before the store came out of the other CPU's store buffer. Such a store is concurrent with the commit, so
// that it may as well be in the next one, as long as it is in one of them. Without the fence, then, the
// lines of a commit are kept here, with their bytes in the commit. A line that has other bytes than these,
// and no mark, has got them by such a store: it is marked and made pending, as the other thread would have
// done. So is one that was stored to and marked between the commit's look at the mark and its clearing, or
// while the clearing itself was in the committer's store buffer.
//
// Why that finds it in time (invariant 3): each commit looks before it reads announcements and lists. x86
// makes the stores of a thread visible in their order, so that a store that happens-before a commit is
// visible to it, late or not. And a line that has a mark by then needs no look: whoever set that has
// announced or listed it, this commit or a later one takes it, and keeps it here once more.
// A line is let go when it is marked, or at the next thread fence: that drains what there was in store
// buffers, and a last look follows. So one commit in some of them has the fence, and the others a look at a
// few lines. The fence is like the asymmetric barriers of epochs and hazard pointers, whose cost is shared
// by many operations in the same way (Dice, Huang, Yang, "Asymmetric Dekker Synchronization", 2001).
#pragma once
#include "commit/managed_file.h"

namespace snapshot {

// Whether lines more can be kept.
inline bool has_room(const Unfenced &unfenced, u64 lines) { return lines <= Unfenced::kMax - unfenced.count; }

// The lines of file.runs have been committed with these bytes, one after the other, without a fence.
void keep_unfenced(ManagedFile &file, const u8 *bytes) SNAPSHOT_REQUIRES(file.commit_lock);

// Marks what has been stored to meanwhile without a mark, and makes it pending. Before announcements and
// lists are read, and after a thread fence.
void look_at_unfenced(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
