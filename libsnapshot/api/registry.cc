#include "api/registry.h"

#include <linux/magic.h>

#include "api/file_table.h"
#include "api/open_file.h"
#include "base/syscall.h"
#include "commit/audit.h"
#include "commit/commit.h"
#include "commit/pages.h"
#include "commit/resize.h"
#include "media/persist.h"
#include "platform/descriptors.h"
#include "platform/settings.h"
#include "platform/signals.h"
#include "recovery/recover_file.h"
#include "track/thread.h"
#include "track/written_pages.h"

namespace snapshot {
namespace {

// Opening and closing are one at a time; commits do not take this. Held with signals blocked (RegistryLock),
// so that a handler never finds it held by the thread it interrupted.
constinit Mutex registry_lock;
constinit Counters closed_files SNAPSHOT_GUARDED_BY(registry_lock){};
constinit RecoveryCounters recoveries SNAPSHOT_GUARDED_BY(registry_lock){};
constinit std::atomic<u32> kept_files{0};

class SNAPSHOT_SCOPED_CAPABILITY RegistryLock {
 public:
  RegistryLock() SNAPSHOT_ACQUIRE(registry_lock) { registry_lock.lock(); }
  ~RegistryLock() SNAPSHOT_RELEASE() { registry_lock.unlock(); }

 private:
  SignalsBlocked blocked_;
};

// The page of process_mark: the kernel clears it in a forked child (MADV_WIPEONFORK), which tells even a
// child made by a raw system call, without the handlers of pthread_atfork, that the files are not its own.
constinit volatile u8 *wiped_at_fork = nullptr;
constinit const u8 never_wiped = 1;

void make_process_mark() SNAPSHOT_REQUIRES(registry_lock) {
  if (wiped_at_fork != nullptr) return;
  const long page = sys::mmap(0, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sys::failed(page)) return;
  (void)sys::madvise(static_cast<u64>(page), kPageBytes, MADV_WIPEONFORK);
  wiped_at_fork = reinterpret_cast<volatile u8 *>(page);
  *wiped_at_fork = 1;
  process_mark = wiped_at_fork;
}

void notice_fork() {
  if (SNAPSHOT_UNLIKELY(*process_mark == 0)) after_fork_in_child();
}

void add(Counters *to, const Counters &from) {
  to->commits += from.commits;
  to->commits_empty += from.commits_empty;
  to->commits_failed += from.commits_failed;
  to->rollbacks += from.rollbacks;
  to->lines_committed += from.lines_committed;
  to->bytes_logged += from.bytes_logged;
  to->fences += from.fences;
  to->thread_fences += from.thread_fences;
  to->lines_discarded += from.lines_discarded;
  to->lines_untracked += from.lines_untracked;
  to->pages_scanned += from.pages_scanned;
  to->pages_compared += from.pages_compared;
  to->lines_found += from.lines_found;
}

// Errors of these two: errno, without a message. *named false: it has no name.
Status path_behind(int fd, Path *out, bool *named) {
  Text<64> self;
  char target[PATH_MAX];
  self << "/proc/self/fd/" << fd;
  const long n = sys::readlink(self.c_str(), target, sizeof target - 1);
  *named = false;
  if (sys::failed(n)) return sys::status(n);
  if (n == 0 || target[0] != '/') return kOk;
  target[n] = 0;
  out->clear();
  *out << target;
  *named = true;
  return kOk;
}

// The name of the file behind fd. False: it has none (not a regular file, unlinked, a memfd).
Status name_of(int fd, Candidate *out, bool *named) {
  struct stat st;
  *named = false;
  if (Status s = sys::status(sys::fstat(fd, &st)); !s.ok()) return s;
  if (!S_ISREG(st.st_mode) || st.st_nlink == 0) return kOk;
  out->key = {st.st_dev, st.st_ino};
  out->size = static_cast<u64>(st.st_size);
  return path_behind(fd, &out->path, named);
}

// Files of huge pages are memory with a name: they can be neither written nor mapped by small pages, and
// outlive no machine.
bool is_hugetlbfs(int fd) {
  struct statfs fs;
  return !sys::failed(sys::fstatfs(fd, &fs)) && fs.f_type == HUGETLBFS_MAGIC;
}

void count_recovery(const Findings &f) SNAPSHOT_REQUIRES(registry_lock) {
  if (f.verdict == Verdict::complete) ++recoveries.clean;
  if (f.verdict == Verdict::undo) ++recoveries.rolled_back;
}

Status cannot_map(const RegisteredFile &file, Status s) {
  Message m;
  m << file.path.c_str() << ": cannot map: " << error_words(s.error);
  return fail(s.error, m);
}

void set_kept(RegisteredFile &file, bool kept) SNAPSHOT_REQUIRES(file.mappings_lock) {
  if (SNAPSHOT_LIKELY(file.kept == kept)) return;
  file.kept = kept;
  kept_files.fetch_add(kept ? 1 : ~0u);
}

Status add_mapping(RegisteredFile &file, u64 offset, u64 length, void **out) {
  const u64 room = file.window().bytes();
  if (offset > room || length > room - offset) {
    Message m;
    m << file.path.c_str() << ": cannot map up to byte " << offset + length << ": its window, opened by an "
      << "earlier mapping, has " << room << "; unmap the file first, or map the larger part first";
    return fail(ENOMEM, m);
  }
  MutexLock lock(file.mappings_lock);
  if (Status s = file.mappings.add({offset, offset + length}); !s.ok()) return cannot_map(file, s);
  set_kept(file, false);
  if (SNAPSHOT_UNLIKELY(file.unwritable.load(std::memory_order_relaxed)))
    (void)sys::mprotect(file.base().value + offset, length, PROT_READ | PROT_WRITE);
  *out = file.base().ptr() + offset;
  return kOk;
}

// The file may have grown since we last looked, by a descriptor or a function that we do not see.
Status refresh_size(RegisteredFile &file, const Candidate &c) {
  if (c.size <= file.size.load(std::memory_order_relaxed) || file.commit_lock.held_by_this_thread())
    return kOk;
  MutexLock lock(file.commit_lock);
  if (Status s = show_growth(file, c.fd, c.size); !s.ok()) return cannot_map(file, s);
  if (Status s = allocate_lazy_part(file, c.fd, c.size); !s.ok())
    return cannot_allocate(file.path.c_str(), s);
  note_growth(file, c.fd, c.size);
  return kOk;
}

Status busy(const RegisteredFile &file, int error, const char *why) {
  Message m;
  m << file.path.c_str() << ": " << why;
  return fail(error, m);
}

// Nothing of it is mapped any more.
Status commit_and_close(RegisteredFile &file)
    SNAPSHOT_REQUIRES(file.commit_lock, file.mappings_lock, registry_lock) {
  if (Status s = commit(file, whole_file(file)); !s.ok()) return s;
  finish_audit(file, true);
  add(&closed_files, file.counters);
  file.mappings.clear();
  set_kept(file, false);
  file.unmapped_pending = false;
  close_file(file);
  return kOk;
}

// A file that is kept is to be used up to byte end. *closed: its window is too small for that, and now it is
// not managed any more.
Status use_kept(RegisteredFile &file, u64 end, bool *closed) SNAPSHOT_REQUIRES(registry_lock) {
  *closed = false;
  if (!any_kept() || end <= file.window().bytes()) return kOk;
  if (file.mappings_lock.held_by_this_thread() || file.commit_lock.held_by_this_thread()) return kOk;
  MutexLock mappings_lock(file.mappings_lock);
  if (!file.kept) return kOk;
  MutexLock commit_lock(file.commit_lock);
  if (Status s = commit_and_close(file); !s.ok()) return s;
  *closed = true;
  return kOk;
}

// Whether an unmapping leaves what is pending to a later commit.
bool keeps(const RegisteredFile &file, bool last) {
  const Settings *settings;
  if (!read_settings(&settings).ok() || settings->at_munmap != MunmapChoice::keep) return false;
  return !last || has_descriptor(file.key.device, file.key.inode);
}

Status map_once(const Candidate &candidate, u64 offset, u64 length, void **out) {
  RegistryLock lock;
  RegisteredFile *file = file_by_key(candidate.key);
  bool closed = false;
  // A file inherited by fork is not mapped again: it is opened anew, if the parent has let it go.
  const bool open = file != nullptr && file->state.load(std::memory_order_acquire) == FileState::open;
  if (open)
    if (Status s = use_kept(*file, offset + length, &closed); !s.ok()) return s;
  if (open && !closed) {
    if (Status s = refresh_size(*file, candidate); !s.ok()) return s;
    return add_mapping(*file, offset, length, out);
  }
  if (!candidate.may_open) return {ENOENT};
  make_process_mark();
  const u64 needed = max_u64(candidate.size, offset + length);
  if (Status s = open_file(candidate, needed, &recoveries, &file); !s.ok()) return s;
  const Status s = add_mapping(*file, offset, length, out);
  if (s.ok()) return kOk;
  MutexLock commit_lock(file->commit_lock);
  close_file(*file);
  return s;
}

// Discarding is doing nothing: a handler that runs later still sees what was stored, and may commit it.
void discard_or_commit(RegisteredFile &file, ExitChoice choice) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (choice == ExitChoice::commit) (void)commit(file, whole_file(file));
  finish_audit(file, false);
  // If that fails, what is counted is what is marked.
  if (file.track_pages) (void)mark_written_pages(file, whole_file(file));
  const u64 lines = count_dirty(file);
  file.counters.lines_discarded += lines;
  if (lines == 0) return;
  Message m;
  m << file.path.c_str() << ": " << lines
    << " changed lines were not committed before exit and are discarded "
    << "(SNAPSHOT_EXIT=commit commits them)";
  say(Level::info, m);
}

}  // namespace

Status cannot_look_at(int fd, Status s) {
  Path path;
  bool named;
  Message m;
  if (path_behind(fd, &path, &named).ok() && named)
    m << path.c_str();
  else
    m << "descriptor " << fd;
  m << ": cannot look at the file: " << error_words(s.error) << (s.error == ENOENT ? "; mount /proc" : "");
  return fail(s.error, m);
}

Status consider(int fd, Candidate *out, bool *managed) {
  *managed = false;
  const long flags = sys::fcntl(fd, F_GETFL);
  if (sys::failed(flags) || (flags & O_ACCMODE) != O_RDWR || (flags & O_PATH) != 0) return kOk;
  bool named;
  if (Status s = name_of(fd, out, &named); !s.ok()) return cannot_look_at(fd, s);
  if (!named) return kOk;
  out->fd = fd;
  const Settings *settings;
  if (Status s = read_settings(&settings); !s.ok()) return s;
  *managed = out->may_open = path_selected(*settings, out->path.c_str()) && !is_hugetlbfs(fd);
  return kOk;
}

bool has_log(int directory, const char *path) {
  Path log;
  log << path << ".snaplog";
  if (!log.complete()) return false;
  const long result = sys::call(SYS_faccessat, directory, sys::as_long(log.c_str()), F_OK);
  // If in doubt there is one: whoever goes on to open it hears what is wrong.
  return result != -ENOENT && result != -ENOTDIR && result != -ENAMETOOLONG && result != -EFAULT;
}

void renamed(int fd) {
  RegistryLock lock;
  RegisteredFile *file;
  Path path, log_path;
  if (!file_by_fd(fd, &file).ok() || file == nullptr || file->commit_lock.held_by_this_thread()) return;
  bool named;
  if (!path_behind(fd, &path, &named).ok() || !named || !sidecar_path(path.c_str(), &log_path).ok()) return;
  MutexLock commit_lock(file->commit_lock);
  file->path = path;
  file->log_path = log_path;
}

Status recover_at_open(int fd) {
  Candidate c;
  bool named;
  // Without /proc the program cannot map the file either (consider), but most files that it opens it never
  // will.
  if (Status s = path_behind(fd, &c.path, &named); !s.ok())
    return s.error == ENOENT ? kOk : cannot_look_at(fd, s);
  if (!named || !has_log(AT_FDCWD, c.path.c_str())) return kOk;
  const Settings *settings;
  if (Status s = name_of(fd, &c, &named); !s.ok()) return cannot_look_at(fd, s);
  if (!named || !read_settings(&settings).ok() || !path_selected(*settings, c.path.c_str())) return kOk;
  notice_fork();
  FileReport report;
  const long flags = sys::fcntl(fd, F_GETFL);
  const bool readable = !sys::failed(flags) && (flags & O_ACCMODE) == O_RDWR;
  for (;;) {
    {
      RegistryLock lock;
      if (file_by_key(c.key) != nullptr) return kOk;
      const Status s = readable ? recover_open_file(c.path.c_str(), fd, &report, Contention::quiet)
                                : recover_file(c.path.c_str(), &report, Contention::quiet);
      if (s.ok()) count_recovery(report.findings);
      if (s.error != EAGAIN) return s;
    }
    if (!settings->wait_for_writer) return kOk;
    if (Status s = wait_for_writer(c); !s.ok()) return s;
  }
}

Status map_file(const Candidate &candidate, u64 offset, u64 length, void **out) {
  const Settings *settings;
  if (Status s = read_settings(&settings); !s.ok()) return s;
  notice_fork();
  find_libpmem(settings->persist);
  for (;;) {
    const Status s = map_once(candidate, offset, length, out);
    if (s.error != EAGAIN || !settings->wait_for_writer) return s;
    if (Status waited = wait_for_writer(candidate); !waited.ok()) return waited;
  }
}

Status unmap_part(RegisteredFile &file, Interval part) {
  notice_fork();
  RegistryLock lock;
  MutexLock mappings_lock(file.mappings_lock);
  const FileState state = file.state.load(std::memory_order_acquire);
  if (state == FileState::closed) return kOk;
  if (state == FileState::inherited) {
    // The parent's file: only the addresses are given back, nothing is committed.
    const bool nothing_left = file.mappings.only(part);
    if (!nothing_left) return file.mappings.remove(part);
    file.mappings.clear();
    close_inherited(file);
    return kOk;
  }
  if (file.commit_lock.held_by_this_thread())
    return busy(file, EDEADLK, "cannot unmap inside a signal handler that interrupted a commit of this file");
  if (file.kept) return kOk;
  MutexLock commit_lock(file.commit_lock);
  const bool last = file.mappings.only(part);
  const bool keep = keeps(file, last);
  file.unmapped_pending |= keep;
  if (last && keep) {
    file.mappings.clear();
    set_kept(file, true);
    return kOk;
  }
  if (!last) {
    const LineRange range = lines_between(file, file.base().value + part.begin, part.end - part.begin);
    if (!keep)
      if (Status s = commit(file, range); !s.ok()) return s;
    return file.mappings.remove(part);
  }
  return commit_and_close(file);
}

bool any_kept() { return kept_files.load(std::memory_order_relaxed) != 0; }

bool is_kept(int fd) {
  RegisteredFile *file;
  if (!any_kept() || !file_by_fd(fd, &file).ok() || file == nullptr) return false;
  MappingsReader lock(*file);
  return file->kept;
}

Status leave_kept(RegisteredFile &file, u64 end, bool *closed) {
  RegistryLock lock;
  return use_kept(file, end, closed);
}

Status close_kept() {
  RegistryLock lock;
  Status result;
  for_each_open_file([&](RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    if (file.mappings_lock.held_by_this_thread() || file.commit_lock.held_by_this_thread()) return;
    MutexLock mappings_lock(file.mappings_lock);
    if (!file.kept || has_descriptor(file.key.device, file.key.inode)) return;
    MutexLock commit_lock(file.commit_lock);
    if (Status s = commit_and_close(file); !s.ok()) result = s;
  });
  return result;
}

Status remap_part(RegisteredFile &file, Interval mapping, u64 new_end) {
  if (new_end < mapping.end) return unmap_part(file, {new_end, mapping.end});
  if (new_end > file.window().bytes()) {
    Message m;
    m << file.path.c_str() << ": cannot remap up to byte " << new_end << ": its window has "
      << file.window().bytes() << "; unmap the file and map it again at its new size";
    return fail(ENOMEM, m);
  }
  RegistryLock lock;
  MutexLock mappings_lock(file.mappings_lock);
  return file.mappings.move_end(mapping, new_end) ? kOk : Status{EFAULT};
}

Status map_part_again(RegisteredFile &file, Interval part) {
  RegistryLock lock;
  {
    MutexLock mappings_lock(file.mappings_lock);
    if (!file.mappings.covers({part.begin, part.begin + kPageBytes})) return {EFAULT};
  }
  void *mapped;
  return add_mapping(file, part.begin, part.end - part.begin, &mapped);
}

Status restrict_access(RegisteredFile &file, bool readable) {
  notice_fork();
  // A child commits nothing of it, and writes nothing to it.
  if (file.state.load(std::memory_order_acquire) != FileState::open) return kOk;
  const SignalsBlocked blocked;
  if (file.commit_lock.held_by_this_thread() || file.mappings_lock.held_by_this_thread())
    return busy(file, EDEADLK,
                "a signal handler that interrupted a commit or a read of this file cannot protect it");
  // Reads by descriptor hold the first, everything else that looks at the working copy the second.
  MutexLock mappings_lock(file.mappings_lock);
  MutexLock commit_lock(file.commit_lock);
  if (!readable) file.unreadable.store(true, std::memory_order_relaxed);
  file.unwritable.store(true, std::memory_order_relaxed);
  return kOk;
}

constinit const volatile u8 *process_mark = &never_wiped;

Status lock_in_general(RegisteredFile &file) {
  notice_fork();
  if (file.commit_lock.held_by_this_thread())
    return busy(file, EDEADLK, "a signal handler that interrupted a commit of this file cannot commit it");
  file.commit_lock.lock();
  const FileState state = file.state.load(std::memory_order_acquire);
  if (SNAPSHOT_LIKELY(state == FileState::open)) return kOk;
  file.commit_lock.unlock();
  if (state == FileState::closed) return {EINVAL};
  return busy(
      file, EPERM,
      "opened before fork: only the parent process may commit it; a daemon maps its files after its last "
      "fork");
}

Counters total_counters(u64 *files_managed, u64 *recoveries_clean, u64 *recoveries_rolled_back) {
  RegistryLock lock;
  Counters total = closed_files;
  *files_managed = 0;
  *recoveries_clean = recoveries.clean;
  *recoveries_rolled_back = recoveries.rolled_back;
  for_each_open_file([&](RegisteredFile &file) {
    if (file.commit_lock.held_by_this_thread()) return;
    MutexLock commit_lock(file.commit_lock);
    add(&total, file.counters);
    ++*files_managed;
  });
  return total;
}

void close_all_at_exit() {
  const Settings *settings;
  if (!any_managed() || !read_settings(&settings).ok()) return;
  for_each_open_file([&](RegisteredFile &file) {
    // exit() called by a handler that interrupted a commit: that commit will not go on, recovery looks after
    // it.
    if (file.commit_lock.held_by_this_thread()) return;
    MappingsReader mappings_lock(file);
    MutexLock commit_lock(file.commit_lock);
    // What has been unmapped is no longer under way.
    discard_or_commit(file, file.kept ? ExitChoice::commit : settings->at_exit);
    let_go_of_log(file);
  });
}

void before_fork() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS { registry_lock.lock(); }

void after_fork_in_parent() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS { registry_lock.unlock(); }

void after_fork_in_child() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  registry_lock.reset_after_fork();
  if (wiped_at_fork != nullptr) *wiped_at_fork = 1;
  for_each_open_file([](RegisteredFile &file) { become_inherited(file); });
  // Found by descriptor all the same, so that fsync, write and ftruncate fail like msync. From scratch: a raw
  // system call can have forked in the middle of a change.
  clear_table();
  for (Slot s = 1; s < kSlotsMax; ++s)
    if (RegisteredFile *file = inherited_file_at_slot(s); file != nullptr) enter_table(*file);
  reset_threads_after_fork();
  forget_page_source_after_fork();
}

}  // namespace snapshot
