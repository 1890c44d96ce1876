// unlink and rename take the log along (api/names.h).
#include "api/names.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"

using namespace snapshot;

namespace {

int remove_name(int directory, const char *path, int flags) {
  NameAndLog was;
  if ((flags & AT_REMOVEDIR) == 0)
    if (Status s = look_at_name(directory, path, &was); !s.ok()) return static_cast<int>(edge(s));
  const long result = sys::call(SYS_unlinkat, directory, sys::as_long(path), flags);
  if (!sys::failed(result)) forget_log(directory, path, was);
  return static_cast<int>(edge(result));
}

int change_name(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  NameAndLog moved, replaced;
  struct stat target;
  bool replaces = false;
  // An exchange gives both files each other's name; their logs stay behind, and are refused as foreign later
  // on.
  if ((flags & RENAME_EXCHANGE) == 0) {
    Status s = look_at_name(from_directory, from, &moved);
    if (s.ok()) s = look_at_name(to_directory, to, &replaced);
    if (!s.ok()) return static_cast<int>(edge(s));
    if (moved.has_log) {
      const long found = sys::newfstatat(to_directory, to, &target, AT_SYMLINK_NOFOLLOW);
      if (sys::failed(found) && found != -ENOENT) return static_cast<int>(edge(found));
      replaces = !sys::failed(found);
    }
    // Two names of one file: rename(2) leaves both.
    if (replaces && target.st_ino == moved.identity.inode) moved.has_log = false;
  }
  const long result =
      flags == 0 ? sys::call(SYS_renameat, from_directory, sys::as_long(from), to_directory, sys::as_long(to))
                 : sys::call(SYS_renameat2, from_directory, sys::as_long(from), to_directory,
                             sys::as_long(to), flags);
  if (!sys::failed(result)) {
    forget_log(to_directory, to, replaced);
    if (const long kept = move_log(from_directory, from, to_directory, to, moved); sys::failed(kept)) {
      // Back again, so that the file and its log stay together; but what was replaced cannot come back, and
      // without either name the program would have lost more.
      if (!replaces &&
          sys::call(SYS_renameat, to_directory, sys::as_long(to), from_directory, sys::as_long(from)) == 0)
        return static_cast<int>(edge(kept));
      say_log_stayed(from, to, kept);
    }
  }
  return static_cast<int>(edge(result));
}

}  // namespace

SNAPSHOT_EXPORT int unlink(const char *path) noexcept { return remove_name(AT_FDCWD, path, 0); }
SNAPSHOT_EXPORT int unlinkat(int directory, const char *path, int flags) noexcept {
  return remove_name(directory, path, flags);
}
// Like libc's: a directory is removed as one.
SNAPSHOT_EXPORT int remove(const char *path) noexcept {
  const int saved = errno;
  if (remove_name(AT_FDCWD, path, 0) == 0) return 0;
  if (errno != EISDIR && errno != EPERM) return -1;
  errno = saved;
  return remove_name(AT_FDCWD, path, AT_REMOVEDIR);
}
SNAPSHOT_EXPORT int rename(const char *from, const char *to) noexcept {
  return change_name(AT_FDCWD, from, AT_FDCWD, to, 0);
}
SNAPSHOT_EXPORT int renameat(int from_directory, const char *from, int to_directory,
                             const char *to) noexcept {
  return change_name(from_directory, from, to_directory, to, 0);
}
SNAPSHOT_EXPORT int renameat2(int from_directory, const char *from, int to_directory, const char *to,
                              unsigned flags) noexcept {
  return change_name(from_directory, from, to_directory, to, flags);
}
