// A managed file: one object per file, whatever the number of mappings and paths.
//
// Locks, in the order in which they are taken:
//   registry (api/registry.h)  which files there are, their mappings, opening and closing
//   ManagedFile::commit_lock   everything that moves data: commit, rollback, resize; two files never share
//   one
// An object is never freed, only reused, so that a commit may look it up without the registry and check
// afterwards.
#pragma once
#include "log/areas.h"
#include "log/journal.h"
#include "log/sidecar.h"
#include "platform/grow_buffer.h"
#include "platform/mutex.h"
#include "platform/other_threads.h"
#include "track/windows.h"

namespace snapshot {

struct FileKey {
  u64 device = 0;
  u64 inode = 0;
  bool operator==(const FileKey &) const = default;
};

enum class Protocol {
  undo,    // undo.h
  redo,    // redo.h: of memory media
  append,  // append.h: redo of page-cache media
};

// See append.h.
struct AppendState {
  u64 area_max = 0;          // bytes that an area of the log may have, unless a single record needs more
  bool checkpointed = true;  // the data file has been synced since the last commit
  bool area_ends = false;    // the next record begins an area
  bool log_failed = false;   // a sync of the log failed: what is pending must be written again
  bool data_failed = false;  // a sync of the data failed: it must be copied again
};

enum class FileState : u32 {
  closed,
  open,
  inherited,  // opened by the parent of this forked process: may be read, cannot be committed
};

struct Counters {
  u64 commits, commits_empty, commits_failed, rollbacks, lines_committed, bytes_logged, fences, thread_fences,
      lines_discarded, lines_untracked, pages_scanned, pages_compared, lines_found;
};

// See audit.h. Lines found at one look.
struct Suspects {
  LineIndex first, end;
  u64 since;  // the look, by number
};
struct AuditState {
  GrowBuffer<u64> reported;               // lines of which the audit has said that they are not tracked
  GrowBuffer<Suspects> suspects, before;  // in order; before: scratch
  OtherThreads threads;
  u64 looks = 0;  // how often the file has been looked at

  void release() {
    reported.release();
    suspects.release();
    before.release();
    threads.release();
    looks = 0;
  }
};

// See unfenced.h. More lines would be fewer fences, and more to look at in each commit.
struct Unfenced {
  static constexpr u64 kMax = 32;
  u64 count = 0;
  LineIndex lines[kMax];
  alignas(kLineBytes) u8 bytes[kMax][kLineBytes];
};

struct CommitRequest;

// Commits of several threads that wait for one sync (api/group_commit.h).
struct CommitGroup {
  std::atomic<bool> useful{false};               // commits of this file end with a sync
  std::atomic<CommitRequest *> newest{nullptr};  // of those that wait
  std::atomic<u32> joined{0};                    // how many ever have; a futex
  std::atomic<u32> wake_at{0};                   // the number that a leader waits for; 0: none does
  // With the file locked.
  u32 left = 0;    // how many ever have been done
  u32 wanted = 1;  // as many came last time
  u64 sync_ns = 0;
};

struct ManagedFile {
  std::atomic<FileState> state{FileState::closed};
  Slot slot = 0;
  FileKey key;
  FileIdentity identity;
  Path path;
  Path log_path;
  int size_fd =
      -1;  // O_PATH, from the first change of size on: closing such a descriptor drops no POSIX locks
  // tmpfs: a read fault in a hole takes a block, or raises SIGBUS (resize.h).
  bool reading_allocates = false;
  // A part of the working copy may not be readable, or writable, because of an mprotect since the file was
  // opened (working_copy.h). Set, under all of its locks, before the protection changes.
  std::atomic<bool> unreadable{false}, unwritable{false};
  // The part of the working copy that is anonymous memory: of an eager copy all, of a lazy one what the
  // program has added to the file. Bytes from the window's begin, whole pages.
  u64 anonymous_begin = 0, anonymous_end = 0;

  Mutex commit_lock;
  Medium medium SNAPSHOT_GUARDED_BY(commit_lock);
  Protocol protocol SNAPSHOT_GUARDED_BY(commit_lock) = Protocol::undo;
  Log log SNAPSHOT_GUARDED_BY(commit_lock);
  Board *board SNAPSHOT_GUARDED_BY(commit_lock) = &unattended_board;
  Journal journal SNAPSHOT_GUARDED_BY(commit_lock);
  // Bytes. size is what the program sees; file_size is the real one, larger while a shrink waits for its
  // commit; committed_size is what recovery would restore.
  std::atomic<u64> size{0};
  u64 file_size SNAPSHOT_GUARDED_BY(commit_lock) = 0;
  u64 committed_size SNAPSHOT_GUARDED_BY(commit_lock) = 0;
  // false: a shrink that was applied may not be durable; the file must not grow before it is.
  bool size_synced SNAPSHOT_GUARDED_BY(commit_lock) = true;
  // Runs that were taken from the threads' lists and are not committed yet. Those whose lines are no longer
  // marked are stale and mean nothing.
  GrowBuffer<u64> pending SNAPSHOT_GUARDED_BY(commit_lock);
  // Scratch of a commit, kept between commits: its runs, its record and, under the undo protocol, its lines'
  // private copies.
  GrowBuffer<u64> runs SNAPSHOT_GUARDED_BY(commit_lock);
  GrowBuffer<u8> copies SNAPSHOT_GUARDED_BY(commit_lock);
  // Under the append protocol its size is that of the records that are pending.
  GrowBuffer<u8> record SNAPSHOT_GUARDED_BY(commit_lock);
  Unfenced unfenced SNAPSHOT_GUARDED_BY(commit_lock);
  AppendState append SNAPSHOT_GUARDED_BY(commit_lock);
  CommitGroup group;
  // Runs of a commit whose data could not be synced: the old lines in its record must go back before
  // anything else (undo.h).
  GrowBuffer<u64> failed_runs SNAPSHOT_GUARDED_BY(commit_lock);
  // For changed_lines.h: a pair of pages for page tracking, and one for the audit, which asks it in between.
  // Made when the file is opened, if it is to be compared at all.
  GrowBuffer<u8> pages_to_compare SNAPSHOT_GUARDED_BY(commit_lock);
  AuditState audited SNAPSHOT_GUARDED_BY(commit_lock);
  AuditChoice audit = AuditChoice::off;
  bool track_pages = false;
  Counters counters SNAPSHOT_GUARDED_BY(commit_lock) = {};

  const Window &window() const { return windows[slot]; }
  WorkingAddr base() const { return window().begin(); }
};

}  // namespace snapshot
