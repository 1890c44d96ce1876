// Snapshot: failure-atomic msync for ordinary programs. The public API, for C and C++.
//
// A program needs none of this: mmap, msync, fsync and munmap do the work once the program is compiled with
// snapcc or run under snaprun. These calls are for those who want to commit several pages' worth of changes
// without page arithmetic, abort, mark stores that an uninstrumented library made, or read the statistics.
//
// Terms. A file is *managed* when Snapshot keeps a working copy of it (see README.md for which are). A
// *commit* moves changed lines (64 bytes) to the file such that after a crash all or none of them are there.
// Every function is thread-safe. None is async-signal-safe except snapshot_log_range and snapshot_is_managed.
// Functions that return int return 0, or -1 with errno set and a sentence in snapshot_last_error().
#ifndef SNAPSHOT_SNAPSHOT_H
#define SNAPSHOT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SNAPSHOT_API __attribute__((visibility("default")))
#else
#define SNAPSHOT_API
#endif

// As the length of a commit or a rollback: the whole file in which address is mapped, and its size, also what
// is not mapped of it (changed with write, say). address may be any mapped byte of it.
#define SNAPSHOT_WHOLE_FILE ((size_t)-1)

// Commits every changed line that overlaps [address, address + length), in bytes, no alignment required.
// Lines outside stay pending. On return 0 the changes are durable. A crash midway leaves the file as the
// previous commit left it, or as this one would have; never a mixture. Errors: ENOMEM (part of the range is
// not mapped; or no memory for the private copy), ENOSPC, EIO (the file is at the previous commit, the lines
// are still pending, and the call can be repeated), EPERM (in a forked child), EINVAL (not a managed range),
// EDEADLK (called from a signal handler that interrupted a commit of that file).
SNAPSHOT_API int snapshot_commit(void *address, size_t length);

// Puts every pending line that overlaps [address, address + length), in bytes, back to what the last commit
// left. The working copy alone changes, never the file, so a crash midway means nothing. Other threads must
// not be storing to the range. When the range covers the whole file, its size goes back too. Errors: ENOMEM,
// EINVAL, EPERM, EDEADLK as for snapshot_commit; EIO (the old bytes cannot be read), EIO or ENOSPC (a commit
// that failed before is not put right yet). Then nothing has gone back, and the call can be repeated.
SNAPSHOT_API int snapshot_rollback(void *address, size_t length);

// Declares [address, address + length), in bytes, changed: for stores made by code that is not instrumented.
// Call it after the stores. Bytes outside managed files are ignored. Cannot fail. Nothing reaches the file
// until the next commit.
SNAPSHOT_API void snapshot_log_range(const void *address, size_t length);

// 1 if all of [address, address + length) lies in one managed file's mapping, else 0. length 0 asks about the
// one byte at address.
SNAPSHOT_API int snapshot_is_managed(const void *address, size_t length);

// Counters since the process started, over all files, open and closed. Take them with
// snapshot_get_statistics. New members are only ever added at the end. fences does not count the second one
// that redo makes on memory media once there has been another thread: it orders what threads see, no commit.
#define SNAPSHOT_STATISTICS_VERSION 1
typedef struct snapshot_statistics {
  uint32_t version;                 // SNAPSHOT_STATISTICS_VERSION of the library
  uint32_t size;                    // bytes that the library filled in
  uint64_t files_managed;           // files managed now
  uint64_t commits;                 // commits that returned 0 and had something to write
  uint64_t commits_empty;           // commits that returned 0 and found nothing changed
  uint64_t commits_failed;          // commits that returned -1
  uint64_t rollbacks;               // snapshot_rollback calls that returned 0
  uint64_t lines_committed;         // lines of 64 bytes written to files
  uint64_t bytes_logged;            // bytes written to logs
  uint64_t fences;                  // that ordered a commit: one under the redo protocol, two under undo
  uint64_t thread_fences;           // membarrier calls
  uint64_t lines_discarded;         // pending lines dropped at exit without a commit
  uint64_t recoveries_clean;        // logs found at open whose last commit was complete
  uint64_t recoveries_rolled_back;  // logs found at open whose last commit was undone
  uint64_t lines_untracked;         // changed lines that SNAPSHOT_AUDIT has found and nothing had marked
  uint64_t pages_scanned;   // page tracking: pages of which the kernel was asked whether they were written
  uint64_t pages_compared;  // page tracking: pages among them that may have been, and were compared
  uint64_t lines_found;     // page tracking: lines in them that had changed and nothing had marked
} snapshot_statistics;

// Fills at most size bytes of *out (pass sizeof *out) so that old programs and new libraries fit together.
// Errors: EINVAL (size too small to hold version and size).
SNAPSHOT_API int snapshot_get_statistics(snapshot_statistics *out, size_t size);

// One line saying what the last failed call in this thread met, in which file, and what to do. Never NULL; ""
// before the first failure. Valid until this thread's next call.
SNAPSHOT_API const char *snapshot_last_error(void);

// Version of the library at run time, e.g. "0.1.0"; SNAPSHOT_VERSION_STRING is that of the header.
SNAPSHOT_API const char *snapshot_version(void);

#ifdef __cplusplus
}
#endif
#endif
