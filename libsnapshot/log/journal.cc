#include "log/journal.h"

#include <sys/resource.h>

#include "base/syscall.h"
#include "platform/file_io.h"
#include "platform/private_fd.h"

namespace snapshot {
namespace {

constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

// The other side holds the lock of a journal that nobody needs for some microseconds only.
constexpr unsigned kTries = 10;
constexpr struct timespec kBetweenTries = {0, 2'000'000};

long lock(int fd) {
  long result;
  unsigned tries = 0;
  do {
    if (tries != 0) (void)sys::call(SYS_nanosleep, sys::as_long(&kBetweenTries));
    result = sys::flock(fd, LOCK_EX | LOCK_NB);
  } while (result == -EINTR || (result == -EWOULDBLOCK && ++tries < kTries));
  return result;
}

}  // namespace

Status remove_journal(const char *path, int fd) {
  bool named;
  const Status s = look_whether_named(path, fd, &named);
  return s.ok() && named ? sys::status(sys::unlink(path)) : s;
}

namespace {

// What a backup that died has left; nothing, if its writer was faster.
Status remove_old(const char *path) {
  const long fd = sys::open(path, kFlags);
  if (fd == -ENOENT) return kOk;
  if (sys::failed(fd)) return sys::status(fd);
  struct stat st;
  Status s = sys::status(sys::fstat(static_cast<int>(fd), &st));
  if (s.ok() && !S_ISREG(st.st_mode)) s = {EINVAL};
  if (s.ok()) s = sys::status(lock(static_cast<int>(fd)));
  if (s.ok()) s = remove_journal(path, static_cast<int>(fd));
  (void)sys::close(static_cast<int>(fd));
  return s;
}

Status fill(const char *path, int data_fd, int fd, const JournalHeader &header) {
  // Between its creation and this, another backup may have taken it for an old one.
  bool named = false;
  Status s = sys::status(lock(fd));
  if (s.ok()) s = look_whether_named(path, fd, &named);
  if (s.ok() && !named) s = {EAGAIN};
  if (s.ok()) s = write_exactly(fd, &header, sizeof header, 0);
  if (s.ok()) copy_access(data_fd, fd);
  return s;
}

// Nobody can make us write to a file that is not a journal of this log, made by one who may: whoever has the
// board could name any number, and whoever has the directory any file.
Status check(int fd, int log_fd, u64 log_id, u32 backup) {
  struct stat st, log;
  JournalHeader header;
  if (Status s = sys::status(sys::fstat(fd, &st)); !s.ok()) return s;
  if (Status s = sys::status(sys::fstat(log_fd, &log)); !s.ok()) return s;
  if (!S_ISREG(st.st_mode) || st.st_nlink > 1) return {EINVAL};
  const u32 user = static_cast<u32>(sys::call(SYS_geteuid));
  if (st.st_uid != log.st_uid && st.st_uid != user && st.st_uid != 0) return {EPERM};
  if (Status s = read_exactly(fd, &header, sizeof header, 0); !s.ok()) return s;
  const bool ours =
      header.magic == JournalHeader::kMagic && header.log_id == log_id && header.backup == backup;
  return ours ? kOk : Status{EINVAL};
}

// A write beyond the process's limit is a signal.
bool within_limit(u64 bytes) {
  struct rlimit limit;
  return !sys::failed(sys::call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, sys::as_long(&limit))) &&
         limit.rlim_cur >= bytes;
}

// Only if it is still this backup's.
void withdraw(Board *board, u32 backup) { (void)board->backup.compare_exchange_strong(backup, 0); }

}  // namespace

Status journal_path(const char *log_path, Path *out) {
  *out << log_path << ".backup";
  return out->complete() ? kOk : Status{ENAMETOOLONG};
}

Status create_journal(const char *path, int data_fd, u64 log_id, u32 backup, int *fd) {
  JournalHeader header{};
  header.magic = JournalHeader::kMagic;
  header.log_id = log_id;
  header.backup = backup;
  for (unsigned tries = 0; tries < kTries; ++tries) {
    const long made = sys::open(path, kFlags | O_CREAT | O_EXCL, 0600);
    *fd = static_cast<int>(made);
    if (!sys::failed(made)) {
      const Status s = fill(path, data_fd, *fd, header);
      if (s.ok()) return kOk;
      // Its name is another backup's, or will be taken by the next one.
      if (s.error != EAGAIN) (void)remove_journal(path, *fd);
      (void)sys::close(*fd);
      return s;
    }
    if (made != -EEXIST) return sys::status(made);
    if (Status s = remove_old(path); !s.ok()) return s;
  }
  return {EAGAIN};
}

// The journal of this backup is open on return.
Status Journal::follow(u32 backup, const char *log_path, const Log &log) {
  if (backup_ == backup) return kOk;
  close();
  Path path;
  if (Status s = journal_path(log_path, &path); !s.ok()) return s;
  const long opened = sys::open(path.c_str(), kFlags);
  if (sys::failed(opened)) return sys::status(opened);
  fd_ = make_private(static_cast<int>(opened));
  if (fd_ < 0) return {-fd_};
  backup_ = backup;
  bytes_ = sizeof(JournalHeader);
  return check(fd_, log.fd, log.header.log_id, backup);
}

Status Journal::write(const struct iovec *pieces, int count) {
  u64 bytes = 0;
  for (int i = 0; i < count; ++i) bytes += pieces[i].iov_len;
  if (!within_limit(bytes_ + bytes)) return {EFBIG};
  for (int i = 0; i < count; ++i) {
    if (Status s = write_exactly(fd_, pieces[i].iov_base, pieces[i].iov_len, bytes_); !s.ok()) return s;
    bytes_ += pieces[i].iov_len;
  }
  return kOk;
}

void Journal::append(Board *board, const char *log_path, const Log &log, const struct iovec *pieces,
                     int count) {
  const u32 backup = board->backup.load(std::memory_order_acquire);
  if (backup == 0 || backup == kBackupOver) {
    close();
    return withdraw(board, backup);
  }
  Status s = follow(backup, log_path, log);
  // The backup holds the lock for as long as it lives.
  if (s.ok() && !sys::failed(sys::flock(fd_, LOCK_EX | LOCK_NB))) {
    Path path;
    if (journal_path(log_path, &path).ok()) (void)remove_journal(path.c_str(), fd_);
    close();
    return withdraw(board, backup);
  }
  if (s.ok()) s = write(pieces, count);
  if (!s.ok()) return spoil(board, s.error);
  board->journal_bytes.store(bytes_, std::memory_order_release);
  board->journal_of.store(backup, std::memory_order_release);
}

void Journal::spoil(Board *board, int error) {
  const u32 backup = board->backup.load(std::memory_order_acquire);
  close();
  if (backup != 0 && backup != kBackupOver) {
    board->error.store(error, std::memory_order_relaxed);
    board->spoiled.store(backup, std::memory_order_release);
  }
  withdraw(board, backup);
}

void Journal::close() {
  if (fd_ >= 0) close_private(fd_);
  fd_ = -1;
  backup_ = 0;
}

}  // namespace snapshot
