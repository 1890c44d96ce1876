#include "api/open_file.h"

#include <linux/magic.h>

#include "api/file_table.h"
#include "api/group_commit.h"
#include "base/step.h"
#include "base/syscall.h"
#include "commit/changed_lines.h"
#include "commit/commit.h"
#include "commit/resize.h"
#include "platform/file_io.h"
#include "platform/private_fd.h"
#include "platform/settings.h"
#include "platform/thread_fence.h"
#include "recovery/recovery.h"
#include "track/written_pages.h"

namespace snapshot {
namespace {

Status cannot(const Candidate &c, const char *doing, int error) {
  Message m;
  m << c.path.c_str() << ": cannot " << doing << ": " << error_words(error);
  return fail(error, m);
}

void tell(const Candidate &c, const Findings &f) {
  if (f.verdict == Verdict::retired) return;
  Message m;
  m << c.path.c_str() << ": recovered: the last process did not close it; commit " << f.sequence << " was "
    << (f.verdict == Verdict::undo ? "incomplete and has been undone" : "complete");
  say(Level::info, m);
}

Status recover_with(const Candidate &c, const char *log_path, int log_fd, RecoveryCounters *counters) {
  LogView log;
  Findings findings;
  if (Status s = read_log(log_fd, log_path, &log); !s.ok()) return s;
  {
    const PlainWrites plain(c.fd);
    if (!plain.status().ok()) return cannot(c, "recover by this descriptor", plain.status().error);
    Status s = examine(log, c.fd, c.path.c_str(), log_path, &findings);
    if (s.ok()) s = apply(log, findings, c.fd, c.path.c_str());
    if (!s.ok()) return s;
  }
  if (findings.verdict == Verdict::complete) ++counters->clean;
  if (findings.verdict == Verdict::undo) ++counters->rolled_back;
  tell(c, findings);
  const Status s = retire_log(log_path, log_fd, log.header);
  return s.ok() ? kOk : cannot(c, "remove the log after recovery", s.error);
}

// Recovers and creates the new log, again and again if other processes come in between.
Status take_over(const Candidate &c, const Settings &settings, RegisteredFile &file,
                 RecoveryCounters *counters) SNAPSHOT_REQUIRES(file.commit_lock) {
  const char *log_path = file.log_path.c_str();
  for (;;) {
    int old_log;
    const Contention busy = settings.wait_for_writer ? Contention::quiet : Contention::report;
    if (Status s = lock_existing_log(log_path, busy, true, &old_log); !s.ok()) return s;
    if (old_log >= 0) {
      const Status s = recover_with(c, log_path, old_log, counters);
      close_private(old_log);
      if (!s.ok()) return s;
    }
    struct stat st;
    if (Status s = sys::status(sys::fstat(c.fd, &st)); !s.ok()) return cannot(c, "read its size", s.error);
    file.file_size = file.committed_size = static_cast<u64>(st.st_size);
    file.size.store(file.file_size, std::memory_order_relaxed);
    file.size_synced = true;
    // What was written or grown before it was mapped: commits sync what they change, and recovery refuses a
    // file that is shorter than the log says.
    if (Status s = sys::status(sys::fsync(c.fd)); !s.ok()) return cannot(c, "sync", s.error);
    const Status s =
        create_log(log_path, c.fd, file.identity, file.committed_size, &file.log.fd, &file.log.header);
    if (s.error != EEXIST) return s;
  }
}

// By pread: a read fault in a shared mapping of tmpfs would fill in the file's holes, and one beyond the end
// of a file that shrinks in another process's hands would be a signal.
// Whole pages, as a descriptor with O_DIRECT wants them.
Status read_whole(int fd, u8 *to, u64 size) {
  for (u64 done = 0; done < size;) {
    const long n = sys::pread(fd, to + done, round_up(size, kPageBytes) - done, done);
    if (n == -EINTR) continue;
    if (sys::failed(n)) return sys::status(n);
    if (n == 0) break;
    done += static_cast<u64>(n);
  }
  return kOk;
}

// On memory media a commit is short enough for TLB misses to be a good part of it, and huge pages save those
// of the working copy: random 8-byte swaps in 64 MiB took 285/137/128 ns at 1/8/64 a commit, against
// 335/155/148 with the lazy copy (medians, one run). Up to this size the copy takes milliseconds, and of a
// file without data none at all. Elsewhere the sync dwarfs the difference. On tmpfs, whatever the medium, an
// eager copy also leaves the file's holes alone (allocate_lazy_part).
constexpr u64 kEagerMax = u64{256} << 20;

// A file that was made long and has nothing in it yet. Elsewhere than on tmpfs and DAX file systems blocks
// may be counted late, or not at all.
bool is_one_hole(const Candidate &c, const RegisteredFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  struct stat st;
  // Page tracking counts pages that were never there as written, and huge ones whole.
  return !file.track_pages && (file.reading_allocates || (file.medium.map_flags & MAP_SYNC) != 0) &&
         !sys::failed(sys::fstat(c.fd, &st)) && st.st_blocks == 0;
}

Status map_eagerly(const Candidate &c, RegisteredFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 size = file.size.load(std::memory_order_relaxed), bytes = round_up(size, kPageBytes);
  if (bytes == 0) return kOk;
  const u64 base = file.base().value;
  const long result = sys::mmap(base, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (sys::failed(result)) return sys::status(result);
  const bool hole = is_one_hole(c, file);
  // Of a large hole little may ever be in use: commits find what is worth huge pages (use_huge_pages).
  (void)sys::madvise(base, bytes, hole && size > kEagerMax ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
  if (!hole)
    if (Status s = read_whole(c.fd, file.base().ptr(), size); !s.ok()) return s;
  file.anonymous_end = bytes;
  return kOk;
}

bool copies_eagerly(const Candidate &c, const Settings &settings, const RegisteredFile &file)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  if (settings.copy != CopyChoice::automatic) return settings.copy == CopyChoice::eager;
  // Of an eager copy every page is the process's own, so every page would be compared at each commit.
  if (file.track_pages && page_source() != PageSource::scan) return false;
  return (file.medium.is_memory() || file.reading_allocates) &&
         (file.file_size <= kEagerMax || is_one_hole(c, file));
}

bool is_tmpfs(int fd) {
  struct statfs fs;
  return !sys::failed(sys::fstatfs(fd, &fs)) && fs.f_type == TMPFS_MAGIC;
}

// The whole window at once, beyond the end of the file too: growing then needs no mapping, and a page beyond
// the end raises SIGBUS as it does in any mapping. MAP_NORESERVE: the working copy is paid for page by page.
Status map_window(const Candidate &c, const Settings &settings, RegisteredFile &file)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  const u64 bytes = file.window().bytes();
  long result = sys::mmap(backing_of(file.base()).value, bytes, PROT_READ | PROT_WRITE,
                          file.medium.map_flags | MAP_FIXED, c.fd, 0);
  if (!sys::failed(result))
    result = sys::mmap(file.base().value, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, c.fd, 0);
  if (sys::failed(result)) return cannot(c, "map", static_cast<int>(-result));
  file.anonymous_begin = file.anonymous_end = 0;
  file.reading_allocates = is_tmpfs(c.fd);
  if (!copies_eagerly(c, settings, file)) {
    const Status s = allocate_lazy_part(file, c.fd, file.file_size);
    return s.ok() ? kOk : cannot_allocate(c.path.c_str(), s);
  }
  const Status s = map_eagerly(c, file);
  return s.ok() ? kOk : cannot(c, "make the working copy", s.error);
}

void unmap_window(RegisteredFile &file) {
  reserve_again(file.base().value, file.window().bytes());
  reserve_again(backing_of(file.base()).value, file.window().bytes());
  free_window(file.slot);
}

void describe(const Candidate &c, RegisteredFile &file) {
  file.key = c.key;
  file.path.clear();
  file.path << c.path.c_str();
  file.size_fd = -1;
  file.unreadable.store(false, std::memory_order_relaxed);
  file.unwritable.store(false, std::memory_order_relaxed);
}

// The redo protocol is the faster one on both media at every size of commit (README.md).
Protocol choose_protocol(const Settings &settings, const Medium &medium) {
  if (settings.protocol == ProtocolChoice::undo) return Protocol::undo;
  return medium.is_memory() ? Protocol::redo : Protocol::append;
}

Status open_locked(const Candidate &c, const Settings &settings, RegisteredFile &file,
                   RecoveryCounters *counters) SNAPSHOT_REQUIRES(file.commit_lock) {
  file.board = board_for(file.slot);
  file.counters = {};
  file.audit = settings.audit;
  file.track_pages = settings.track != TrackChoice::stores;
  if (Status s = choose_medium(settings, c.fd, c.path.c_str(), &file.medium); !s.ok()) return s;
  file.protocol = choose_protocol(settings, file.medium);
  if (file.protocol == Protocol::undo) old_bytes_distance.store(kBackingDistance, std::memory_order_relaxed);
  file.unfenced.count = 0;
  file.append = {};
  file.group.useful.store(file.protocol == Protocol::append, std::memory_order_relaxed);
  file.append.area_max = format::kAreaBytesMin;
  while (4 * file.append.area_max <= settings.log_limit) file.append.area_max *= 2;
  if (Status s = take_over(c, settings, file, counters); !s.ok()) return s;
  file.log.sequence = 0;
  file.log.medium = file.medium;
  Status s = open_areas(&file.log);
  if (!s.ok()) s = cannot(c, "map the log", s.error);
  if (s.ok() && (file.track_pages || file.audit != AuditChoice::off))
    if (s = file.pages_to_compare.reserve(2 * PagePair::kBytes); !s.ok()) s = cannot(c, "compare", s.error);
  // Recovery can give back to a file what a power cut took from its size.
  if (s.ok() && file.file_size > file.window().bytes())
    s = cannot(c, "map all of it at its recovered size", EFBIG);
  if (s.ok()) s = map_window(c, settings, file);
  if (s.ok() && file.track_pages)
    watch_new_mapping(file.base().value, file.base().value + file.window().bytes(), true);
  if (s.ok()) {
    post_board(file.board, file.log.header.log_id, file.committed_size);
    return kOk;
  }
  let_go_of_log(file);
  return s;
}

void release_scratch(RegisteredFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  file.pending.release();
  file.runs.release();
  file.copies.release();
  file.record.release();
  file.failed_runs.release();
  file.audited.release();
  file.pages_to_compare.release();
}

}  // namespace

Status cannot_allocate(const char *path, Status s) {
  Message m;
  m << path << ": cannot allocate its holes, which the lazy working copy needs here: " << error_words(s.error)
    << "; free some space, or set SNAPSHOT_COPY=eager";
  return fail(s.error, m);
}

Status wait_for_writer(const Candidate &c) {
  Path log_path;
  int fd = -1;
  if (Status s = sidecar_path(c.path.c_str(), &log_path); !s.ok()) return s;
  if (Status s = lock_existing_log(log_path.c_str(), Contention::wait, true, &fd); !s.ok()) return s;
  close_private(fd);
  return kOk;
}

Status open_file(const Candidate &c, u64 bytes, RecoveryCounters *counters, RegisteredFile **out) {
  const Settings *settings;
  if (Status s = read_settings(&settings); !s.ok()) return s;
  Path log_path;
  FileIdentity identity;
  if (Status s = sidecar_path(c.path.c_str(), &log_path); !s.ok()) return s;
  if (Status s = identify(c.fd, &identity); !s.ok()) return cannot(c, "identify", s.error);
  if (Status s = register_thread_fence(); !s.ok())
    return cannot(c, "order stores between threads (membarrier)", s.error);
  if (settings->track != TrackChoice::stores)
    if (Status s = choose_page_source(settings->pages_from); !s.ok()) return s;
  if (Status s = reserve_ranges(); !s.ok()) return s;
  Slot slot;
  if (Status s = allocate_window(bytes, c.path.c_str(), &slot); !s.ok()) return s;
  RegisteredFile *file = object_for(slot);
  if (file == nullptr) {
    free_window(slot);
    return cannot(c, "manage", ENOMEM);
  }
  MutexLock lock(file->commit_lock);
  describe(c, *file);
  file->identity = identity;
  file->log_path = log_path;
  if (Status s = open_locked(c, *settings, *file, counters); !s.ok()) {
    unmap_window(*file);
    return s;
  }
  file->state.store(FileState::open, std::memory_order_release);
  enter_table(*file);
  *out = file;
  return kOk;
}

void let_go_of_log(ManagedFile &file) {
  if (!file.log.is_open()) return;
  // A file that is larger than its commit, or whose last commit could not be completed or undone, is for
  // recovery.
  const bool at_rest = is_at_rest(file);
  // A size that was changed after the last fence (a shrink that was applied, a growth that was rolled back)
  // is not on the medium yet, and with the log goes what would bring it back.
  Status s = at_rest ? kOk : Status{EIO};
  if (s.ok()) s = settle(file);
  if (s.ok() && (file.size_fd >= 0 ||
                 (file.protocol == Protocol::undo && !file.medium.is_memory() && file.log.sequence != 0)))
    s = sync_size(backing_of(file.base()));
  if (s.ok()) s = retire_log(file.log_path.c_str(), file.log.fd, file.log.header);
  take_board_down(file.board);
  file.journal.close();
  close_areas(&file.log);
  // Also if an area could not be unmapped, and keeps the log open.
  (void)sys::flock(file.log.fd, LOCK_UN);
  close_private(file.log.fd);
  file.log.fd = -1;
  if (at_rest && !s.ok()) {
    Message m;
    m << file.path.c_str() << ": closed, but its log could not be removed: " << error_words(s.error)
      << "; the next open takes care of it";
    say(Level::warn, m);
  }
}

void close_file(RegisteredFile &file) {
  leave_table(file);
  file.state.store(FileState::closed, std::memory_order_release);
  let_go_of_log(file);
  close_private(file.size_fd);
  file.size_fd = -1;
  release_scratch(file);
  unmap_window(file);
}

void close_inherited(RegisteredFile &file) {
  leave_table(file);
  file.state.store(FileState::closed, std::memory_order_release);
  unmap_window(file);
}

void become_inherited(RegisteredFile &file) {
  file.commit_lock.reset_after_fork();
  file.mappings_lock.reset_after_fork();
  forget_group_after_fork(file);
  file.state.store(FileState::inherited, std::memory_order_release);
  // Closing our copies of the descriptors leaves the parent's lock alone: flock belongs to the open file
  // description.
  file.board = &unattended_board;
  file.journal.close();
  close_areas(&file.log);
  close_private(file.log.fd);
  close_private(file.size_fd);
  file.log.fd = file.size_fd = -1;
  reserve_again(backing_of(file.base()).value, file.window().bytes());
}

}  // namespace snapshot
