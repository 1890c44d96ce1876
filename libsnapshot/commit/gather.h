// Finds what a commit or a rollback has to move.
#pragma once
#include "base/run.h"
#include "commit/managed_file.h"

namespace snapshot {

// A range of lines of the working range, half open.
struct LineRange {
  LineIndex first;
  LineIndex end;
};

// What a gather has taken, beside file.runs.
struct Taken {
  u64 lines = 0;
  LineIndex end = 0;  // no line taken lies at or beyond it
};

// Takes every dirty line in range: clears its mark and adds it to file.runs (packed, in the order of listing,
// merged where neighbours follow each other; a line twice only if marked_meanwhile). What is dirty outside
// the range stays marked and pending. On return all stores that happened before the call are either taken or
// pending. ENOMEM: nothing was taken.
Status gather(ManagedFile &file, LineRange range, Taken *taken) SNAPSHOT_REQUIRES(file.commit_lock);

// Whether a line of the file may have been marked since the last gather began. Only then can that have taken
// a line twice: one that was listed twice, and marked again between the two times that gather came across it.
// Whoever marked it has listed it afterwards, or announces it still.
bool marked_meanwhile(const ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// Marks everything in file.runs again and makes it pending: for a commit that failed. Never loses a line;
// without memory for the list it asks for a scan.
void put_back(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

void put_back_run(ManagedFile &file, Run run) SNAPSHOT_REQUIRES(file.commit_lock);

// How many lines of the file are dirty; they stay so.
u64 count_dirty(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
