// SNAPSHOT_TRACK=pages: finds what was stored by code that marks nothing, page by page
// (track/written_pages.h) and then line by line, and marks it. A commit or a rollback then treats it like
// what was marked by the store.
#pragma once
#include "commit/gather.h"

namespace snapshot {

// To be called before range is gathered, or counted. Marks each line of each page that overlaps range and may
// have been stored to, if it differs from the file: lines outside the range, too, since their pages may not
// be looked at again; those stay pending. What cannot be compared is marked, too. EIO, ENOMEM: the file's
// size cannot be had, and nothing was looked at.
//
// Why no store is lost that happens-before the commit (invariant 3), while other threads store. Let nothing
// mark the store. Of the passes whose comparison of its page came after the store, there is a first: at the
// latest the commit's own, which begins after the store and is given the page if no pass before has been
// given it since (written_pages.h). That one read what was stored, or what has been stored over it.
//   * It differed from the file: the line was marked, and stays so until a commit has copied it (after the
//     mark was taken, so with the store), or is marked again when that fails (put_back).
//   * It did not differ: then the file has it. If it had been stored over, by a store that a commit must not
//     miss either, the same holds for that store.
// A store after the comparison and before the commit copies the line may be in this commit; its page is
// returned to the next pass in any case.
Status mark_written_pages(ManagedFile &file, LineRange range) SNAPSHOT_REQUIRES(file.commit_lock);

}  // namespace snapshot
