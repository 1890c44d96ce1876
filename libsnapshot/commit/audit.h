// SNAPSHOT_AUDIT: finds what the program has stored and nothing has tracked, because the code that stores was
// not compiled with the pass and is not known to the interposer. A commit would leave it out.
#pragma once
#include "commit/gather.h"

namespace snapshot {

// To be called before range is gathered. Compares the lines in range that are not marked with the file, and
// does with those that differ what file.audit says: counts them and says where they are, each line once while
// the file is mapped; with fix also marks them, so that they are committed; with abort, ends the process. A
// thread that is between a store and its mark gets the time to go on; if it is stopped there for longer (a
// debugger, a handler that commits), its store counts as not tracked. Takes time for each page in range that
// the program has ever stored to, whether it is dirty or not.
void audit_range(ManagedFile &file, LineRange range) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
