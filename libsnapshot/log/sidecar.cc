#include "log/sidecar.h"

#include <time.h>

#include "base/step.h"
#include "base/syscall.h"
#include "log/areas.h"
#include "platform/file_io.h"
#include "platform/hash.h"
#include "platform/private_fd.h"

namespace snapshot {
namespace {

Status fail_on(const char *path, int error, const char *doing, const char *advice) {
  Message m;
  m << path << ": cannot " << doing << ": " << error_words(error);
  if (*advice != 0) m << "; " << advice;
  return fail(error, m);
}

// Who holds the log, as far as its header tells; for the message only.
u32 owner_of(int fd) {
  format::Header h;
  const bool whole = sys::pread(fd, &h, sizeof h, format::kHeaderOffset) == sizeof h;
  return whole && h.magic == format::kMagic ? h.owner_pid : 0;
}

Status taken(const char *path, int fd) {
  Message m;
  m << path << ": another process";
  if (const u32 pid = owner_of(fd); pid != 0) m << " (" << pid << ")";
  m << " is writing the file; try again when it is done, or set SNAPSHOT_WAIT=1 to wait";
  return fail(EAGAIN, m);
}

// An inspection (snapctl info) holds the lock for some microseconds. Without this a program that starts at
// that very instant would be told of a writer that does not exist.
constexpr unsigned kTries = 10;
constexpr struct timespec kBetweenTries = {0, 2'000'000};

// operation: LOCK_EX or LOCK_SH.
Status take_lock(const char *path, int fd, int operation, Contention contention) {
  for (unsigned tries = 1;;) {
    const long result = sys::flock(fd, contention == Contention::wait ? operation : operation | LOCK_NB);
    if (!sys::failed(result)) return kOk;
    if (result == -EINTR) continue;
    if (result == -EWOULDBLOCK && tries++ < kTries) {
      (void)sys::call(SYS_nanosleep, sys::as_long(&kBetweenTries));
      continue;
    }
    if (result == -EWOULDBLOCK) return contention == Contention::quiet ? Status{EAGAIN} : taken(path, fd);
    return fail_on(path, static_cast<int>(-result), "lock the log", "");
  }
}

}  // namespace

Status look_whether_named(const char *path, int fd, bool *named) {
  struct stat by_fd, by_path;
  *named = false;
  if (Status s = sys::status(sys::fstat(fd, &by_fd)); !s.ok()) return s;
  const long looked = sys::newfstatat(AT_FDCWD, path, &by_path, AT_SYMLINK_NOFOLLOW);
  if (looked == -ENOENT) return kOk;
  if (sys::failed(looked)) return sys::status(looked);
  *named = by_fd.st_ino == by_path.st_ino && by_fd.st_dev == by_path.st_dev;
  return kOk;
}

namespace {

// Creates a file without a name where the file system can (O_TMPFILE), else under a temporary one. temporary
// is empty in the first case.
Status open_unnamed(const char *path, Path *temporary, int *fd) {
  Path directory;
  directory_of(path, &directory);
  long result = sys::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (sys::failed(result)) {
    u64 random = 0;
    (void)sys::getrandom(&random, sizeof random);
    *temporary << path << ".";
    temporary->hex(random);
    result = sys::open(temporary->c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  }
  if (sys::failed(result))
    return fail_on(path, static_cast<int>(-result), "create the log",
                   "Snapshot keeps it beside the data file: make the directory writable, or exclude the file "
                   "with SNAPSHOT_IGNORE");
  *fd = make_private(static_cast<int>(result));
  return *fd < 0 ? fail_on(path, -*fd, "create the log", "raise the limit on open files (ulimit -n)") : kOk;
}

// link, not rename: it never replaces a log that another process has just made. File systems without hard
// links (vfat) have a rename that does not, either.
Status give_name(const char *path, const Path &temporary, int fd) {
  if (temporary.size() != 0) {
    Status named = sys::status(sys::linkat(AT_FDCWD, temporary.c_str(), AT_FDCWD, path, 0));
    if (named.error == EPERM || named.error == EOPNOTSUPP)
      named = sys::status(sys::call(SYS_renameat2, AT_FDCWD, sys::as_long(temporary.c_str()), AT_FDCWD,
                                    sys::as_long(path), 1 /* RENAME_NOREPLACE */));
    (void)sys::unlink(temporary.c_str());
    return named;
  }
  Text<64> self;
  self << "/proc/self/fd/" << fd;
  return sys::status(sys::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

}  // namespace

void copy_access(int data_fd, int log_fd) {
  struct stat data;
  if (sys::failed(sys::fstat(data_fd, &data))) return;
  (void)sys::fchown(log_fd, data.st_uid, data.st_gid);
  (void)sys::fchmod(log_fd, (data.st_mode & 0666) | 0600);
}

namespace {

Status fill_new_log(int fd, const format::Header &header, Birth birth) {
  const u64 bytes = format::kFirstAreaOffset + 2 * format::kAreaBytesMin;
  if (Status s = sys::status(sys::fallocate(fd, 0, 0, bytes)); !s.ok()) {
    if (s.error != EOPNOTSUPP) return s;
    if (Status t = sys::status(sys::ftruncate(fd, bytes)); !t.ok()) return t;
  }
  // The first commits, too, shall find blocks that have been written (areas.cc).
  if (Status s = write_zeros(fd, 0, bytes); !s.ok()) return s;
  if (Status s = write_exactly(fd, &header, sizeof header, format::kHeaderOffset); !s.ok()) return s;
  for (unsigned i = 0; i < 2; ++i) {
    const format::AreaEntry entry = make_area_entry(
        header.log_id, i, {format::kFirstAreaOffset + i * format::kAreaBytesMin, format::kAreaBytesMin});
    if (Status s = write_exactly(fd, &entry, sizeof entry, format::kAreaEntryOffset[i]); !s.ok()) return s;
  }
  if (birth == Birth::retired)
    if (Status s = mark_retired(fd, header); !s.ok()) return s;
  return sys::status(sys::fsync(fd));
}

}  // namespace

bool same_file(const FileIdentity &a, const FileIdentity &b) {
  return a.inode == b.inode && (a.birth_ns == b.birth_ns || a.birth_ns == 0 || b.birth_ns == 0);
}

void directory_of(const char *path, Path *out) {
  u64 slash = 0;
  for (u64 i = 0; path[i] != 0; ++i)
    if (path[i] == '/') slash = i;
  for (u64 i = 0; i < max_u64(slash, 1); ++i) {
    const char one[2] = {path[i], 0};
    *out << one;
  }
}

Status identify(int fd, FileIdentity *out) {
  struct statx s;
  const long result = sys::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &s);
  if (sys::failed(result)) return sys::status(result);
  out->inode = s.stx_ino;
  out->birth_ns = (s.stx_mask & STATX_BTIME) == 0
                      ? 0
                      : static_cast<u64>(s.stx_btime.tv_sec) * 1'000'000'000 + s.stx_btime.tv_nsec;
  return kOk;
}

Status sidecar_path(const char *data_path, Path *out) {
  *out << data_path << ".snaplog";
  if (out->complete()) return kOk;
  return fail_on(data_path, ENAMETOOLONG, "name the log", "");
}

Status lock_existing_log(const char *path, Contention contention, bool writable, int *fd) {
  for (;;) {
    *fd = -1;
    // O_NONBLOCK: a FIFO in the log's place must not hang us.
    const int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const long opened = sys::open(path, flags);
    if (opened == -ENOENT) return kOk;
    if (opened == -ELOOP)
      return fail_on(
          path, ELOOP, "use the log",
          "it may lead to a file that is not ours: put the log back in its place, or remove the link");
    if (opened == -EISDIR) return fail_on(path, EISDIR, "use the log", "move it out of the way");
    if (sys::failed(opened))
      return fail_on(path, static_cast<int>(-opened), "open the log", "run as the data file's owner");
    struct stat st;
    if (const Status s = sys::status(sys::fstat(static_cast<int>(opened), &st)); !s.ok()) {
      (void)sys::close(static_cast<int>(opened));
      return fail_on(path, s.error, "open the log", "");
    }
    if (!S_ISREG(st.st_mode)) {
      (void)sys::close(static_cast<int>(opened));
      return fail_on(path, EINVAL, "use the log", "it is not a regular file: move it out of the way");
    }
    const int moved = make_private(static_cast<int>(opened));
    if (moved < 0) return fail_on(path, -moved, "open the log", "raise the limit on open files (ulimit -n)");
    if (Status s = take_lock(path, moved, writable ? LOCK_EX : LOCK_SH, contention); !s.ok()) {
      close_private(moved);
      return s;
    }
    bool named;
    const Status looked = look_whether_named(path, moved, &named);
    if (looked.ok() && named) {
      *fd = moved;
      return kOk;
    }
    close_private(moved);
    if (!looked.ok()) return fail_on(path, looked.error, "look at the log", "");
  }
}

Status create_log(const char *path, int data_fd, const FileIdentity &identity, u64 size_at_open, int *fd,
                  format::Header *header, Birth birth) {
  Path temporary;
  if (Status s = open_unnamed(path, &temporary, fd); !s.ok()) return s;
  *header = {};
  header->magic = format::kMagic;
  header->version = format::kVersion;
  header->architecture = format::kArchitecture;
  (void)sys::getrandom(&header->log_id, sizeof header->log_id);
  header->file_inode = identity.inode;
  header->file_birth_ns = identity.birth_ns;
  header->size_at_open = size_at_open;
  header->owner_pid = static_cast<u32>(sys::getpid());
  header->checksum = hash_lines(HashKey(format::kMagic), 0, header, sizeof *header);
  copy_access(data_fd, *fd);
  Status s = fill_new_log(*fd, *header, birth);
  SNAPSHOT_STEP("log-filled");
  if (s.ok()) s = sys::status(sys::flock(*fd, LOCK_EX | LOCK_NB));
  if (s.ok()) s = give_name(path, temporary, *fd);
  SNAPSHOT_STEP("log-named");
  if (s.ok()) {
    if (s = sync_directory_of(path); s.ok()) return kOk;
    (void)sys::unlink(path);
  } else if (temporary.size() != 0) {
    (void)sys::unlink(temporary.c_str());
  }
  close_private(*fd);
  *fd = -1;
  if (s.error == EEXIST) return s;
  return fail_on(path, s.error, "create the log", s.error == ENOSPC ? "free some space" : "");
}

Status mark_retired(int fd, const format::Header &header) {
  format::Retired mark{};
  mark.magic = format::kRetiredMagic;
  mark.log_id = header.log_id;
  mark.checksum = hash_lines(HashKey(header.log_id), 0, &mark, sizeof mark);
  if (Status s = write_exactly(fd, &mark, sizeof mark, format::kRetiredOffset); !s.ok()) return s;
  return sys::status(sys::fdatasync(fd));
}

Status retire_log(const char *path, int fd, const format::Header &header) {
  if (Status s = mark_retired(fd, header); !s.ok()) return s;
  SNAPSHOT_STEP("log-retired");
  bool named;
  if (look_whether_named(path, fd, &named).ok() && named) (void)sys::unlink(path);
  SNAPSHOT_STEP("log-removed");
  return kOk;
}

Status sync_directory_of(const char *path) {
  Path directory;
  directory_of(path, &directory);
  const long fd = sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (sys::failed(fd)) return sys::status(fd);
  const long result = sys::fsync(static_cast<int>(fd));
  (void)sys::close(static_cast<int>(fd));
  // Some file systems do not sync directories and say so; there is nothing more to do on them.
  return result == -EINVAL ? kOk : sys::status(result);
}

}  // namespace snapshot
