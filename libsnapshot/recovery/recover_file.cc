#include "recovery/recover_file.h"

#include "base/syscall.h"
#include "platform/file_io.h"
#include "platform/private_fd.h"
#include "recovery/copy_in_use.h"

namespace snapshot {
namespace {

const char *advice_for(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "; check the name";
    case EACCES:
    case EPERM:
      return "; run as the file's owner";
    case EROFS:
      return "; mount the file system for writing";
    case ENFILE:
    case EMFILE:
      return "; raise the limit on open files (ulimit -n)";
    default:
      return "; mend that and try again";
  }
}

Status cannot_open(const char *path, int error) {
  Message m;
  m << path << ": cannot open: " << error_words(error) << advice_for(error);
  return fail(error, m);
}

Status open_data(const char *path, bool writable, int *fd) {
  const long opened = sys::open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
  if (sys::failed(opened)) return cannot_open(path, static_cast<int>(-opened));
  struct stat st;
  *fd = static_cast<int>(opened);
  const Status s = sys::status(sys::fstat(*fd, &st));
  if (s.ok() && S_ISREG(st.st_mode)) return kOk;
  (void)sys::close(*fd);
  if (!s.ok()) return cannot_open(path, s.error);
  Message m;
  m << path << ": is not a regular file, so it has no log; name the file that the program maps";
  return fail(EINVAL, m);
}

Status cannot_remove(const char *log_path, int error) {
  Message m;
  m << log_path << ": the data file is recovered, but its log cannot be put away: " << error_words(error)
    << "; recover again, which is harmless";
  return fail(error, m);
}

Status without_log(int data_fd, FileReport *out) {
  *out = {};  // an earlier look may have found one
  struct stat st;
  if (!sys::failed(sys::fstat(data_fd, &st)))
    out->findings.size_now = out->findings.size_recovered = static_cast<u64>(st.st_size);
  return kOk;
}

Status look(const char *data_path, int data_fd, const char *log_path, int log_fd, FileReport *out) {
  *out = {};
  Status s = read_log(log_fd, log_path, &out->log);
  if (s.ok()) s = examine(out->log, data_fd, data_path, log_path, &out->findings);
  return s;
}

Status recover(const char *data_path, int data_fd, const char *log_path, Contention contention,
               FileReport *out) {
  int log_fd = -1;
  if (Status s = lock_existing_log(log_path, contention, true, &log_fd); !s.ok()) return s;
  if (log_fd < 0) return without_log(data_fd, out);
  Status s = look(data_path, data_fd, log_path, log_fd, out);
  if (s.ok()) s = apply(out->log, out->findings, data_fd, data_path);
  if (s.ok()) {
    s = retire_log(log_path, log_fd, out->log.header);
    if (!s.ok()) s = cannot_remove(log_path, s.error);
  }
  close_private(log_fd);
  out->log.fd = -1;
  return s;
}

bool same_inode(int a, int b) {
  struct stat sa, sb;
  return !sys::failed(sys::fstat(a, &sa)) && !sys::failed(sys::fstat(b, &sb)) && sa.st_ino == sb.st_ino &&
         sa.st_dev == sb.st_dev;
}

// Looks without holding the lock, so that no program that starts meanwhile is kept from its file, and then
// makes sure that nobody had the lock: a process that takes it over recovers the file and removes this log
// before anything else. *again: somebody had it, and what was seen means nothing.
Status inspect_once(const char *data_path, int data_fd, const char *log_path, bool *again, FileReport *out) {
  *again = false;
  int log_fd = -1, check_fd = -1;
  if (Status s = lock_existing_log(log_path, Contention::report, false, &log_fd); !s.ok()) return s;
  if (log_fd < 0) return without_log(data_fd, out);
  (void)sys::flock(log_fd, LOCK_UN);
  Status seen = look(data_path, data_fd, log_path, log_fd, out);
  const Status checked = lock_existing_log(log_path, Contention::report, false, &check_fd);
  if (!checked.ok())
    seen = checked;
  else
    *again = check_fd < 0 || !same_inode(log_fd, check_fd);
  close_private(check_fd);
  close_private(log_fd);
  out->log.fd = -1;
  return seen;
}

constexpr unsigned kTriesMax = 100;

Status too_fast(const char *data_path, const char *what) {
  Message m;
  m << data_path << ": programs open and close it faster than it can be " << what
    << "; try again when they are done";
  return fail(EAGAIN, m);
}

Status inspect(const char *data_path, int data_fd, const char *log_path, FileReport *out) {
  bool again = true;
  Status s;
  for (unsigned tries = 0; again && tries < kTriesMax; ++tries)
    s = inspect_once(data_path, data_fd, log_path, &again, out);
  return again ? too_fast(data_path, "inspected") : s;
}

// The log lies beside the file itself, not beside a symbolic link to it.
Status real_path(const char *data_path, int data_fd, Path *out) {
  char target[PATH_MAX];
  Text<64> self;
  self << "/proc/self/fd/" << data_fd;
  const long n = sys::readlink(self.c_str(), target, sizeof target - 1);
  if (sys::failed(n)) return cannot_open(data_path, static_cast<int>(-n));
  target[n] = 0;
  *out << target;
  return kOk;
}

Status cannot_copy(const char *copy_path, int error) {
  Message m;
  m << copy_path << ": cannot write the copy: " << error_words(error);
  if (error == EEXIST)
    m << "; remove it, or give another name";
  else if (error == ENOSPC || error == EDQUOT)
    m << "; free some space and try again";
  else if (error == EINTR)
    m << "; there is no copy";
  else if (error == EOPNOTSUPP)
    m << "; the file system has no files without a name (O_TMPFILE): choose another one";
  return fail(error, m);
}

// The log's lock keeps every writer away; EAGAIN, without a message, if there is one. A file without a log
// gets one for the time of the copy; where even the owner cannot have one, nobody can write either. *log_fd:
// -1 in that case.
Status keep_writers_away(const char *data_path, int data_fd, const char *log_path, int *log_fd, bool *ours,
                         FileReport *out) {
  *ours = false;
  if (Status s = lock_existing_log(log_path, Contention::quiet, false, log_fd); !s.ok()) return s;
  if (*log_fd >= 0) return look(data_path, data_fd, log_path, *log_fd, out);
  FileIdentity identity;
  (void)without_log(data_fd, out);
  if (Status s = identify(data_fd, &identity); !s.ok()) return cannot_open(data_path, s.error);
  // Retired before it has a name: a kill leaves it behind, a program that does not know it may then change
  // the file's size, and recovery must not put that back.
  const Status s = create_log(log_path, data_fd, identity, out->findings.size_now, log_fd, &out->log.header,
                              Birth::retired);
  *ours = s.ok();
  if (!s.ok()) *log_fd = -1;
  if (s.ok()) return s;
  if (s.error == EROFS) return kOk;
  return s.error == EEXIST ? Status{EAGAIN} : s;
}

// Into a file that has no name yet.
Status fill_copy(const char *data_path, int data_fd, const char *copy_path, int copy_fd,
                 CopyProgress progress, FileReport *out) {
  struct stat st;
  // With the writers kept away: whoever was one may have changed the size.
  Status s = sys::status(sys::fstat(data_fd, &st));
  if (!s.ok()) return cannot_open(data_path, s.error);
  s = copy_file(data_fd, copy_fd, static_cast<u64>(st.st_size), progress);
  if (!s.ok()) return cannot_copy(copy_path, s.error);
  return apply(out->log, out->findings, copy_fd, copy_path);
}

Status finish_copy(const char *data_path, int data_fd, const char *copy_path, int copy_fd) {
  struct stat st;
  Status s = sys::status(sys::fstat(data_fd, &st));
  if (!s.ok()) return cannot_open(data_path, s.error);
  (void)sys::fchown(copy_fd, st.st_uid, st.st_gid);
  s = sys::status(sys::fchmod(copy_fd, st.st_mode & 0777));
  // Before it has a name, so that a copy with a name is whole after a power cut, too.
  if (s.ok()) s = sys::status(sys::fsync(copy_fd));
  return s.ok() ? kOk : cannot_copy(copy_path, s.error);
}

Status name_copy(const char *copy_path, int copy_fd) {
  Text<64> self;
  self << "/proc/self/fd/" << copy_fd;
  Status s = sys::status(sys::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, copy_path, AT_SYMLINK_FOLLOW));
  if (s.ok())
    if (s = sync_directory_of(copy_path); !s.ok()) (void)sys::unlink(copy_path);  // for the next attempt
  return s.ok() ? kOk : cannot_copy(copy_path, s.error);
}

Status open_copy(const char *copy_path, int *fd) {
  struct stat st;
  // Not after minutes of copying.
  if (!sys::failed(sys::newfstatat(AT_FDCWD, copy_path, &st, AT_SYMLINK_NOFOLLOW)))
    return cannot_copy(copy_path, EEXIST);
  Path directory;
  directory_of(copy_path, &directory);
  const long opened = sys::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  *fd = static_cast<int>(opened);
  return sys::failed(opened) ? cannot_copy(copy_path, static_cast<int>(-opened)) : kOk;
}

// While nobody is writing the file, or while a process does. *again: that has changed meanwhile.
Status copy_once(const CopyInUse &copy, FileReport *out, bool *again) {
  int log_fd;
  bool ours;
  *again = false;
  Status s = keep_writers_away(copy.data_path, copy.data_fd, copy.log_path, &log_fd, &ours, out);
  if (s.error == EAGAIN) return copy_in_use(copy, &out->findings.size_recovered, again);
  if (s.ok()) s = fill_copy(copy.data_path, copy.data_fd, copy.copy_path, copy.copy_fd, copy.progress, out);
  // A log of ours that cannot be put away holds nothing: the next open does it.
  if (ours) (void)retire_log(copy.log_path, log_fd, out->log.header);
  if (ours) out->log = {};
  close_private(log_fd);
  out->log.fd = -1;
  return s;
}

// Of a long copy, each.
constexpr unsigned kRoundsMax = 10;

Status back_up(const CopyInUse &copy, FileReport *out) {
  bool again = true;
  Status s;
  for (unsigned rounds = 0; again && s.ok() && rounds < kRoundsMax; ++rounds) {
    s = sys::status(sys::ftruncate(copy.copy_fd, 0));
    s = s.ok() ? copy_once(copy, out, &again) : cannot_copy(copy.copy_path, s.error);
  }
  if (s.ok() && again) return too_fast(copy.data_path, "copied");
  if (s.ok()) s = finish_copy(copy.data_path, copy.data_fd, copy.copy_path, copy.copy_fd);
  return s.ok() ? name_copy(copy.copy_path, copy.copy_fd) : s;
}

template <typename Action>
Status by_name(const char *data_path, bool writable, FileReport *out, Action action) {
  *out = {};
  int data_fd;
  if (Status s = open_data(data_path, writable, &data_fd); !s.ok()) return s;
  Path real, log;
  Status s = real_path(data_path, data_fd, &real);
  if (s.ok()) s = sidecar_path(real.c_str(), &log);
  if (s.ok()) s = action(real.c_str(), data_fd, log.c_str());
  (void)sys::close(data_fd);
  return s;
}

}  // namespace

Status inspect_file(const char *data_path, FileReport *out) {
  return by_name(data_path, false, out,
                 [&](const char *data, int fd, const char *log) { return inspect(data, fd, log, out); });
}

Status recover_file(const char *data_path, FileReport *out, Contention contention) {
  return by_name(data_path, true, out, [&](const char *data, int fd, const char *log) {
    return recover(data, fd, log, contention, out);
  });
}

Status recover_open_file(const char *data_path, int data_fd, FileReport *out, Contention contention) {
  Path log;
  const PlainWrites plain(data_fd);
  *out = {};
  if (Status s = plain.status(); !s.ok()) return cannot_open(data_path, s.error);
  if (Status s = sidecar_path(data_path, &log); !s.ok()) return s;
  return recover(data_path, data_fd, log.c_str(), contention, out);
}

Status back_up_file(const char *data_path, const char *copy_path, CopyProgress progress, FileReport *out) {
  Path copy;
  bool slash = false;
  for (const char *c = copy_path; *c != 0; ++c) slash = slash || *c == '/';
  copy << (slash ? "" : "./") << copy_path;
  if (!copy.complete()) return cannot_copy(copy_path, ENAMETOOLONG);
  return by_name(data_path, false, out, [&](const char *data, int fd, const char *log) {
    int copy_fd;
    if (Status s = open_copy(copy.c_str(), &copy_fd); !s.ok()) return s;
    const Status s = back_up({data, fd, log, copy.c_str(), copy_fd, progress}, out);
    (void)sys::close(copy_fd);
    return s;
  });
}

}  // namespace snapshot
