#include "failure.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/userfaultfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/layout.h"
#include "log/board.h"
#include "protocol.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace faults {

bool network_file_system = false;

namespace {

#define FAILURE(error) \
  Failure { #error, error }
constexpr Failure interrupted = FAILURE(EINTR), short_count = {"short", 0}, nothing = {"nothing", -1};

// File systems that lack something: files without a name and hard links (vfat), the same when full, and
// fallocate on a full one (NFS before 4.2).
constexpr Failure vfat(int error) { return {"vfat", error}; }
constexpr Failure full_vfat(int error) { return {"full-vfat", error}; }
constexpr Failure full_nfs(int error) { return {"full-nfs", error}; }

bool is_populate(long number, Arguments a) {
  return (number == SYS_madvise && (a[2] == MADV_POPULATE_WRITE || a[2] == MADV_POPULATE_READ)) ||
         (number == SYS_process_madvise && a[3] == MADV_POPULATE_WRITE);
}
bool is_unnamed_file(long number, Arguments a) {
  return number == SYS_openat && (a[2] & O_TMPFILE) == O_TMPFILE;
}
bool punches_hole(long number, Arguments a) {
  return number == SYS_fallocate && (a[1] & FALLOC_FL_PUNCH_HOLE) != 0;
}
bool asks_for_number(long number, Arguments a) { return number == SYS_fcntl && a[1] == F_DUPFD_CLOEXEC; }

bool is_anonymous(long number, Arguments a) {
  return number == SYS_mremap || (number == SYS_mmap && (a[3] & MAP_ANONYMOUS) != 0);
}
bool is_log(const std::string &path) { return path.ends_with(".snaplog"); }
bool is_log(long fd) {
  char name[PATH_MAX] = {};
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (syscall(SYS_readlink, self.c_str(), name, sizeof name - 1) <= 0) return false;
  return is_log(std::string(name)) ||
         std::string(name).find("/#") != std::string::npos;  // made without a name
}
bool is_directory(long fd) {
  struct stat st;
  return syscall(SYS_fstat, fd, &st) == 0 && S_ISDIR(st.st_mode);
}
std::string path_at(long address) { return reinterpret_cast<const char *>(address); }
bool looks_at_log(long number, Arguments a) {
  return (number == SYS_newfstatat && is_log(path_at(a[1]))) || (number == SYS_fstat && is_log(a[0]));
}
bool keeps_handle(long number, Arguments a) {
  return number == SYS_openat && (a[2] & O_PATH) != 0 && path_at(a[1]).starts_with("/proc/self/fd/");
}

// Page tracking (SNAPSHOT_TRACK=pages). What asks the kernel about pages, and the scratch pages on which that
// is tried.
bool tracks_pages() {
  static const bool tracks = std::getenv("SNAPSHOT_TRACK") != nullptr;
  return tracks;
}
std::string name_of(long fd) {
  char name[PATH_MAX] = {};
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  return syscall(SYS_readlink, self.c_str(), name, sizeof name - 1) > 0 ? name : "";
}
bool asks_about_process(const std::string &path) {
  return path.starts_with("/proc/") &&
         (path.ends_with("/pagemap") || path.ends_with("/mem") || path.ends_with("/task"));
}
bool is_scratch(long fd) { return name_of(fd) == "/memfd:snapshot (deleted)"; }
bool asks_about_pages(long number, Arguments a) {
  if (number == SYS_ioctl || number == SYS_userfaultfd) return true;
  if (number == SYS_memfd_create) return path_at(a[0]) != snapshot::kBoardsName;
  if (number == SYS_openat || number == SYS_newfstatat) return asks_about_process(path_at(a[1]));
  if (number == SYS_pread64) return asks_about_process(name_of(a[0])) || is_scratch(a[0]);
  return (number == SYS_ftruncate && is_scratch(a[0])) ||
         (number == SYS_mmap && a[4] >= 0 && is_scratch(a[4]));
}
bool asks_about_memory(long number, Arguments a) {
  const std::string path = "/proc/sys/vm/overcommit_memory";
  return (number == SYS_openat && path_at(a[1]) == path) || (number == SYS_pread64 && name_of(a[0]) == path);
}
// The memory by which backups find files in use (log/board.h).
bool is_for_boards(long number, Arguments a) {
  if (number == SYS_memfd_create) return path_at(a[0]) == snapshot::kBoardsName;
  if (number == SYS_prlimit64) return a[1] == RLIMIT_FSIZE;
  const bool has_descriptor = number == SYS_ftruncate || number == SYS_mmap;
  return has_descriptor && name_of(a[number == SYS_mmap ? 4 : 0]) == snapshot::kBoardsLink;
}
// A whole page, to be compared.
bool compares_page(long number, Arguments a) {
  if (number != SYS_process_vm_readv || !tracks_pages()) return false;
  const auto *remote = reinterpret_cast<const iovec *>(a[3]);
  return remote->iov_len == 4096 && reinterpret_cast<std::uintptr_t>(remote->iov_base) % 4096 == 0;
}

// After its record was synced.
bool copies_to_file(long number, Arguments a) {
  if (number != SYS_process_vm_readv || !test::commits_by_redo()) return false;
  const auto *local = reinterpret_cast<const iovec *>(a[1]);
  constexpr std::uint64_t backing = snapshot::kWorkingBase + snapshot::kBackingDistance;
  return reinterpret_cast<std::uint64_t>(local->iov_base) - backing < snapshot::kRangeBytes;
}

// An area of the log that is to be larger than the next record needs. (If the call was for the record itself,
// the commit that ignored it is missing after the power cut.)
bool may_be_for_more_room(long number, Arguments a) {
  if (!test::commits_by_redo() ||
      (number != SYS_fallocate && number != SYS_pwrite64 && number != SYS_fsync && number != SYS_fdatasync))
    return false;
  return is_log(a[0]);
}

bool is_for_recovery(Arguments a) { return (a[2] & O_NONBLOCK) != 0 && !is_log(path_at(a[1])); }

std::vector<Failure> failures_of_open(Arguments a) {
  std::vector<Failure> all = {FAILURE(EMFILE), FAILURE(ENFILE), FAILURE(ENOMEM), FAILURE(EIO)};
  if ((a[2] & O_CREAT) != 0 || is_unnamed_file(SYS_openat, a)) all.push_back(FAILURE(ENOSPC));
  if (is_unnamed_file(SYS_openat, a))
    all.insert(all.end(), {FAILURE(EOPNOTSUPP), vfat(EOPNOTSUPP), full_vfat(EOPNOTSUPP)});
  if (is_for_recovery(a))
    all.insert(all.end(), {FAILURE(EACCES), FAILURE(EPERM), FAILURE(EROFS), FAILURE(ENOTDIR)});
  return all;
}

std::vector<Failure> failures_of_memory(long number, Arguments a) {
  if (is_populate(number, a)) return {FAILURE(EFAULT), FAILURE(ENOMEM), interrupted};
  if (number == SYS_madvise) return {FAILURE(EINVAL), FAILURE(ENOMEM)};
  return {FAILURE(ENOMEM)};
}

// Contention is for other tests: EEXIST and EWOULDBLOCK are no faults.
std::vector<Failure> failures_of_name(long number) {
  if (number == SYS_readlink || number == SYS_faccessat || number == SYS_faccessat2)
    return {FAILURE(ENOMEM), FAILURE(EIO)};
  std::vector<Failure> all = {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EDQUOT), FAILURE(EROFS)};
  if (number == SYS_linkat) all.insert(all.end(), {vfat(EPERM), FAILURE(EOPNOTSUPP)});
  return all;
}

}  // namespace

std::vector<Failure> failures_of(long number, Arguments a) {
  switch (number) {
    case SYS_mmap:
    case SYS_mremap:
    case SYS_munmap:  // it may have to split a mapping
    case SYS_mprotect:
    case SYS_madvise:
      return failures_of_memory(number, a);
    case SYS_process_madvise:  // of many ranges; EINVAL: only one's own, or not with this advice
      return {FAILURE(EFAULT), FAILURE(ENOMEM), FAILURE(ENOSYS), FAILURE(EINVAL),
              FAILURE(EPERM),  interrupted,     short_count};
    case SYS_munlock:  // it may have to split a mapping
      return {FAILURE(ENOMEM)};
    case SYS_prlimit64:  // forbidden (seccomp)
      return {FAILURE(EPERM)};
    case SYS_process_vm_readv:  // a copy within the process: of pages that cannot be had, or that seccomp
                                // forbids
      return {FAILURE(EFAULT), FAILURE(ENOMEM), interrupted, FAILURE(EPERM)};
    case SYS_msync:
    case SYS_fsync:
    case SYS_fdatasync:
      if (is_directory(a[0])) return {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EINVAL)};
      return {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EDQUOT), interrupted};
    case SYS_sync_file_range:
      return {FAILURE(EIO), FAILURE(ENOSPC)};
    case SYS_lseek:  // to look for a hole, or the end of one, it reads the file's map of blocks
      if (a[2] == SEEK_DATA || a[2] == SEEK_HOLE) return {FAILURE(EIO), FAILURE(ENOMEM)};
      return {};
    case SYS_getdents64:
      return {FAILURE(ENOMEM)};
    case SYS_copy_file_range:
      return {FAILURE(EIO),        FAILURE(ENOSPC), FAILURE(EDQUOT), FAILURE(EXDEV),
              FAILURE(EOPNOTSUPP), FAILURE(ENOMEM), interrupted,     nothing};
    case SYS_futex:
      if ((a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) return {interrupted};
      return {};
    case SYS_pwrite64:
      return {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EDQUOT), interrupted, short_count, nothing};
    case SYS_pread64:
      return {FAILURE(EIO), FAILURE(ENOMEM), interrupted, short_count};
    case SYS_write:
      return {FAILURE(EIO), interrupted, short_count};
    case SYS_fallocate:
      return {FAILURE(ENOSPC),     FAILURE(EIO),      FAILURE(EDQUOT),     interrupted,
              FAILURE(EOPNOTSUPP), full_vfat(ENOSPC), full_nfs(EOPNOTSUPP)};
    case SYS_ftruncate:
      if (is_log(a[0]))
        return {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EDQUOT), interrupted, full_nfs(ENOSPC)};
      return {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EDQUOT), interrupted};
    case SYS_truncate:
      return {FAILURE(EIO), FAILURE(ENOSPC), FAILURE(EDQUOT), interrupted};
    case SYS_openat:
      return failures_of_open(a);
    case SYS_close:
      return {FAILURE(EIO), interrupted};
    case SYS_fstat:
      if (network_file_system) return {FAILURE(EIO), full_nfs(EIO)};
      return {};
    case SYS_newfstatat:
    case SYS_statx:
      return {FAILURE(EIO), FAILURE(ENOMEM)};
    case SYS_fstatfs:
      return {FAILURE(EIO)};
    case SYS_flock:
      if (a[1] == LOCK_UN) return {};
      return {FAILURE(ENOLCK), interrupted};
    case SYS_fcntl:
      if (asks_for_number(number, a)) return {FAILURE(EMFILE)};
      return {};
    case SYS_linkat:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_rename:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_readlink:
    case SYS_faccessat:
    case SYS_faccessat2:
      return failures_of_name(number);
    case SYS_fchown:
    case SYS_fchmod:
      return {FAILURE(EPERM), FAILURE(EIO)};
    case SYS_getrandom:
      return {interrupted, FAILURE(ENOSYS)};
    case SYS_ioctl:
      if (static_cast<unsigned long>(a[1]) == UFFDIO_API) return {FAILURE(EINVAL)};
      return {FAILURE(EPERM), FAILURE(ENOMEM)};
    case SYS_userfaultfd:
      return {FAILURE(ENOSYS), FAILURE(EPERM), FAILURE(EMFILE), FAILURE(ENOMEM)};
    case SYS_memfd_create:
      return {FAILURE(ENOSYS), FAILURE(EMFILE), FAILURE(ENOMEM)};
    case SYS_membarrier:  // ENOMEM: its mask of CPUs, on kernels for many of them (kernel/sched/membarrier.c)
      if (a[0] == MEMBARRIER_CMD_PRIVATE_EXPEDITED) return {FAILURE(ENOMEM)};
      return {FAILURE(ENOSYS), FAILURE(ENOMEM)};
    default:
      return {};
  }
}

const char *why_infallible(long number, Arguments a) {
  switch (number) {
    case SYS_getpid:
    case SYS_gettid:
    case SYS_geteuid:
    case SYS_sched_yield:
      return "it has no errors";
    case SYS_clock_gettime:
      return "the clock exists, and the address is right";
    case SYS_rt_sigprocmask:
      return "the command and the addresses are right";
    case SYS_fstat:
      if (!network_file_system) return "the file is open and local: the kernel has it in memory";
      break;
    case SYS_lseek:
      if (a[2] == SEEK_CUR || a[2] == SEEK_SET) return "of a regular file: a number in the kernel's memory";
      break;
    case SYS_flock:
      if (a[1] == LOCK_UN) return "the lock is there, and giving it up takes no memory";
      break;
    case SYS_fcntl:
      if (a[1] == F_GETFL || a[1] == F_SETFL) return "flags in the kernel's memory; none is set anew";
      if (a[1] == F_ADD_SEALS) return "of our own memfd, which nobody else has sealed";
      break;
    case SYS_futex:
      if ((a[1] & FUTEX_CMD_MASK) == FUTEX_WAKE) return "the address is right; nobody waiting is no error";
      break;
    default:
      break;
  }
  return nullptr;
}

std::optional<Failure> failure_like(const std::string &name, long number, Arguments a) {
  const bool full_or_broken = name == "ENOSPC" || name == "EIO";
  for (const Failure &f : failures_of(number, a))
    if (name == f.name || (full_or_broken && is_populate(number, a) && f.error == EFAULT)) return f;
  return std::nullopt;
}

const char *why_harmless(long number, Arguments a, int error) {
  if (is_for_boards(number, a)) return "backups then do not find the file while it is in use";
  if (number == SYS_process_madvise)
    return "then madvise does it, one range after the other, or fails as well";
  if (number == SYS_sync_file_range) return "nobody waits for it; the next sync of the log does, and says so";
  if (number == SYS_lseek) return "what may be a hole is written, or copied, as if it had bytes";
  if (asks_about_pages(number, a))
    return "then another way to find written pages is taken, or more pages are compared";
  if (compares_page(number, a)) return "it is read in another way, or counts as changed";
  if (copies_to_file(number, a)) return "the log has it, and the next commit or recovery copies it";
  if (may_be_for_more_room(number, a)) return "the area stays as small as it was";
  if (number == SYS_munmap) return "addresses stay taken; nothing in them is used again";
  if (number == SYS_close) return "the kernel has closed it all the same, and what matters was synced before";
  if (number == SYS_madvise && a[2] == MADV_HUGEPAGE) return "pages stay small: slower, no more";
  if (number == SYS_madvise && a[2] == MADV_DONTNEED)
    return "what cannot be dropped is overwritten with zeros";
  if (number == SYS_madvise && a[2] == MADV_WIPEONFORK) return "pthread_atfork tells of the fork as well";
  if (number == SYS_write && a[0] == 2) return "a message that cannot be written has nobody to be told";
  if (number == SYS_fchown || number == SYS_fchmod)
    return "only root or the owner can recover then: both could";
  if (number == SYS_unlink) return "of a log that is marked as retired, or was never given to anybody";
  if (punches_hole(number, a)) return "the log keeps blocks that it does not use";
  if (number == SYS_getrandom)
    return "log_id only tells this log's records from an earlier one's in its blocks";
  if (is_unnamed_file(number, a)) return "a file with a temporary name takes its place";
  if (asks_for_number(number, a)) return "any free number will do";
  if (number == SYS_fallocate && error == EOPNOTSUPP) return "then writing reports a full disk, and can";
  if (looks_at_log(number, a))
    return "asks whether the log still has its name; if in doubt when it is put away, it keeps it, and says "
           "that it is over";
  if (number == SYS_fstat) return "the log's mode and owner are not made like the data file's";
  if (number == SYS_ftruncate && is_log(a[0])) return "the log stays longer than it need be";
  if (number == SYS_truncate || keeps_handle(number, a)) return "the next commit, or recovery, cuts the file";
  if (number == SYS_msync && a[1] == 4096)
    return "of a size that was cut: once more before the file grows, or before its log goes";
  if (number == SYS_process_vm_readv && error == EPERM) return "then it is copied by stores";
  if (number == SYS_faccessat) return "if in doubt there is a log, and whoever opens it is told";
  if (number == SYS_readlink || (number == SYS_openat && (a[2] & O_PATH) != 0))
    return "after a rename: messages name the old path, and the log, retired, is left to the next open";
  if (number == SYS_openat && (a[2] & O_DIRECTORY) != 0) return "after a rename: as the next";
  if (number == SYS_fsync && is_directory(a[0]))
    return "after a rename: whether and when it lasts is the program's to say, by its own sync of the "
           "directory";
  if (number == SYS_linkat && (error == EPERM || error == EOPNOTSUPP))
    return "then a rename that replaces nothing does";
  if (number == SYS_unlinkat)
    return "the log of a file that is gone; a new one of that name is not taken for it";
  if (number == SYS_munlock) return "reserved addresses have pages sooner than they need";
  if (asks_about_memory(number, a))
    return "asks whether room to grow counts as memory in use; if in doubt it does not";
  if (number == SYS_prlimit64) return "asks how much data the process may have, to make the window smaller";
  if (number == SYS_fstatfs) return "asks what to expect of a full disk";
  if (is_anonymous(number, a))
    return "what cannot be listed is marked, and the next commit looks at all marks";
  if (number == SYS_mmap && (a[3] & MAP_SYNC) != 0) return "asks whether the medium is DAX, and hears no";
  return nullptr;
}

// The library opens with flags that programs here do not use.
bool is_programs_own(long number, Arguments a) {
  return number == SYS_openat && (a[2] & (O_NONBLOCK | O_TMPFILE | O_PATH | O_EXCL)) == 0 &&
         path_at(a[1]).ends_with("/data");
}

std::string name_of_call(long number, Arguments a) {
  static const struct {
    long number;
    const char *name;
  } names[] = {{SYS_mmap, "mmap"},
               {SYS_mremap, "mremap"},
               {SYS_munmap, "munmap"},
               {SYS_mprotect, "mprotect"},
               {SYS_madvise, "madvise"},
               {SYS_msync, "msync"},
               {SYS_fsync, "fsync"},
               {SYS_fdatasync, "fdatasync"},
               {SYS_pwrite64, "pwrite64"},
               {SYS_pread64, "pread64"},
               {SYS_write, "write"},
               {SYS_fallocate, "fallocate"},
               {SYS_ftruncate, "ftruncate"},
               {SYS_truncate, "truncate"},
               {SYS_openat, "openat"},
               {SYS_close, "close"},
               {SYS_fstat, "fstat"},
               {SYS_newfstatat, "newfstatat"},
               {SYS_statx, "statx"},
               {SYS_fstatfs, "fstatfs"},
               {SYS_flock, "flock"},
               {SYS_fcntl, "fcntl"},
               {SYS_linkat, "linkat"},
               {SYS_renameat, "renameat"},
               {SYS_renameat2, "renameat2"},
               {SYS_rename, "rename"},
               {SYS_unlink, "unlink"},
               {SYS_unlinkat, "unlinkat"},
               {SYS_readlink, "readlink"},
               {SYS_faccessat, "faccessat"},
               {SYS_faccessat2, "faccessat2"},
               {SYS_process_madvise, "process_madvise"},
               {SYS_sync_file_range, "sync_file_range"},
               {SYS_copy_file_range, "copy_file_range"},
               {SYS_lseek, "lseek"},
               {SYS_getdents64, "getdents64"},
               {SYS_futex, "futex"},
               {SYS_fchown, "fchown"},
               {SYS_fchmod, "fchmod"},
               {SYS_getrandom, "getrandom"},
               {SYS_membarrier, "membarrier"},
               {SYS_ioctl, "ioctl"},
               {SYS_userfaultfd, "userfaultfd"},
               {SYS_memfd_create, "memfd_create"},
               {SYS_munlock, "munlock"},
               {SYS_prlimit64, "prlimit64"},
               {SYS_process_vm_readv, "process_vm_readv"}};
  if (is_populate(number, a))
    return a[2] == MADV_POPULATE_WRITE ? "madvise POPULATE_WRITE" : "madvise POPULATE_READ";
  if (number == SYS_madvise && a[2] == MADV_HUGEPAGE) return "madvise HUGEPAGE";
  if (punches_hole(number, a)) return "fallocate PUNCH_HOLE";
  for (const auto &n : names)
    if (n.number == number) return n.name;
  return "system call " + std::to_string(number);
}

const char *name_of_error(int error) {
  const char *name = strerrorname_np(error);
  return name == nullptr ? "no errno" : name;
}

bool is_translation(int injected, int error) {
  if (injected == error) return true;
  if (injected < 0) return error == ENOSPC || error == EIO;
  switch (injected) {
    case 0:  // short: a disk that takes no more, or will not be read
    case EFAULT:
      return error == ENOSPC || error == EIO;
    case ENOMEM:
    case ENOLCK:
    case EINVAL:
    default:
      return false;
  }
}

}  // namespace faults
