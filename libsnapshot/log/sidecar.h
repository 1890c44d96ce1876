// The log as a file: its name, its identity, its lock, its birth and its end. What is in it: format.h.
//
// A log exists under its name only while a process manages the data file, or after that process died. It is
// created nameless, filled, synced and only then linked, so a log with a name is always whole: anything else
// is damage.
#pragma once
#include <limits.h>

#include "base/message.h"
#include "log/format.h"

namespace snapshot {

// Which file this is, whatever its path is now.
struct FileIdentity {
  u64 inode = 0;
  u64 birth_ns = 0;  // 0: the file system does not keep it
};

// Equal inode numbers, and equal times of birth where both are known.
bool same_file(const FileIdentity &a, const FileIdentity &b);
Status identify(int fd, FileIdentity *out);

using Path = Text<PATH_MAX>;

// "DATA.snaplog". ENAMETOOLONG with a message.
Status sidecar_path(const char *data_path, Path *out);

// What to do about a log that another process has locked.
enum class Contention { report, quiet, wait };

// Opens and locks (flock) an existing log; *fd is -1 if there is none. The lock is what makes one
// process the writer. EAGAIN if it stays taken; with the other's process id, unless quiet. ELOOP for a
// symbolic link, EINVAL for anything else that is not a regular file, EACCES and the like: each with a
// message. For a reader (writable false) the file is opened read-only and the lock is a shared one: it should
// be held no longer than it takes to see that there is no writer.
Status lock_existing_log(const char *path, Contention contention, bool writable, int *fd);

// A log that is born retired serves for its lock alone: recovery ignores it, whatever becomes of the file.
enum class Birth { in_use, retired };

// Creates the log of the data file behind data_fd, locked, with both areas empty and of the smallest size,
// their blocks allocated, durable together with its name. *fd is private (private_fd.h). EEXIST, without a
// message, if another process was first. ENOSPC, EACCES, EROFS, ...: with a message, and nothing left behind.
Status create_log(const char *path, int data_fd, const FileIdentity &identity, u64 size_at_open, int *fd,
                  format::Header *header, Birth birth = Birth::in_use);

// Durably marks the log as holding nothing, then removes it: a crash in between leaves a log that recovery
// ignores. fd stays open, and with it the lock. A failed removal is harmless and not reported.
Status retire_log(const char *path, int fd, const format::Header &header);

// Whether fd is what the path leads to: while one waits for its lock, the name may be removed or given to
// another file.
Status look_whether_named(const char *path, int fd, bool *named);

// Whoever may open the data file may open the file beside it, and recover the one from the other.
void copy_access(int data_fd, int log_fd);

// The first half of it.
Status mark_retired(int fd, const format::Header &header);

// What comes before the last slash of path, which must have one.
void directory_of(const char *path, Path *out);

// Makes the directory entry of path, which must have a slash, durable.
Status sync_directory_of(const char *path);

}  // namespace snapshot
