// SNAPSHOT_AUDIT: finds what the program has stored and nothing has tracked, because the code that stores was
// not compiled with the pass and is not known to the interposer. A commit would leave it out.
//
// A line that differs from the file and is not marked is one of two things: untracked; or another thread is
// between its store and its mark, which for a loop that is marked once can take as long as the loop. Such a
// line is a suspect. It is cleared when its mark has come, and convicted when it is still not marked though
// every other thread was seen waiting meanwhile (platform/other_threads.h): what any of them had begun has
// ended. So each conviction is true, but for a thread that waits in a signal handler which interrupted it
// between store and mark.
#pragma once
#include "commit/gather.h"

namespace snapshot {

// To be called before range is gathered. Compares the lines in range that are not marked with the file, and
// does with those that are convicted what file.audit says: counts them and says where they are, each line
// once while the file is mapped, and once in the process which of its parts may have stored them; with abort,
// ends the process. With fix marks them, and suspects as well, so that they are committed; these are not
// named then. Otherwise a suspect is looked at again by the commits that follow. Takes time for each page in
// range that the program has ever stored to, whether it is dirty or not.
void audit_range(ManagedFile &file, LineRange range) SNAPSHOT_REQUIRES(file.commit_lock);

// To be called when file.runs has been gathered: stores to these lines are told from those before.
void audit_taken(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock);

// To be called at the end, after the last commit. nobody_stores: the file is not mapped any more, so no mark
// can be still to come, and all suspects are convicted. Otherwise (the process ends while other threads run)
// those that can be neither convicted nor cleared are counted in one line.
void finish_audit(ManagedFile &file, bool nobody_stores) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
