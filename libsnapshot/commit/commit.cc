#include "commit/commit.h"

#include "base/run.h"
#include "base/syscall.h"
#include "commit/audit.h"
#include "commit/pages.h"
#include "commit/redo.h"
#include "commit/resize.h"
#include "commit/undo.h"
#include "commit/working_copy.h"
#include "log/log_reader.h"
#include "platform/private_fd.h"
#include "platform/thread_fence.h"

namespace snapshot {
namespace {

// A private copy this large is given back after the commit; smaller ones serve the next.
constexpr u64 kKeepBytes = 16 << 20;

LineIndex first_line_beyond(const ManagedFile &file, u64 size) {
  return file.window().first_line + (size + kLineBytes - 1) / kLineBytes;
}

// A file that was made larger behind our back (fallocate by another library, a raw system call) has lines
// beyond the size we know. Asks the file system; the path may lead elsewhere by now, then the size stays what
// we know.
Status look_for_growth(ManagedFile &file, bool *grown) SNAPSHOT_REQUIRES(file.commit_lock) {
  struct stat st;
  const long result = sys::newfstatat(AT_FDCWD, file.path.c_str(), &st, 0);
  if (result == -EIO || result == -ENOMEM) return sys::status(result);
  if (sys::failed(result) || FileKey{st.st_dev, st.st_ino} != file.key) return kOk;
  if (static_cast<u64>(st.st_size) <= file.file_size) return kOk;
  note_growth(file, -1, static_cast<u64>(st.st_size));
  *grown = true;
  return kOk;
}

// Lines beyond the end are no part of the file: POSIX drops what is stored there (mmap, "remaining bytes").
// dropped: from the first to the last of them.
Status drop_beyond_end(ManagedFile &file, LineRange range, Taken *taken, LineRange *dropped)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  LineIndex end = first_line_beyond(file, file.size.load(std::memory_order_relaxed));
  if (SNAPSHOT_LIKELY(taken->end <= end)) return kOk;
  bool grown = false;
  if (Status s = look_for_growth(file, &grown); !s.ok()) return s;
  if (grown) {
    // Once more: what note_growth has cleared belongs to the commit.
    put_back(file);
    if (Status s = gather(file, range, taken); !s.ok()) return s;
  }
  end = first_line_beyond(file, file.size.load(std::memory_order_relaxed));
  u64 kept = 0;
  for (u64 i = 0; i < file.runs.size(); ++i) {
    Run run = Run::unpack(file.runs[i]);
    const u64 inside = run.first >= end ? 0 : min_u64(run.count, end - run.first);
    if (inside < run.count)
      *dropped = {min_u64(dropped->first, run.first + inside), max_u64(dropped->end, run.end())};
    taken->lines -= run.count - inside;
    run.count = inside;
    if (inside > 0) file.runs[kept++] = run.packed();
  }
  file.runs.truncate(kept);
  return kOk;
}

// For a commit that failed. If it was to cut the file, what it dropped is still there, and a rollback has to
// find what was stored to it; lines between that were not are put back along with them, which changes
// nothing.
void put_back_all(ManagedFile &file, LineRange dropped) SNAPSHOT_REQUIRES(file.commit_lock) {
  put_back(file);
  const LineIndex end = min_u64(dropped.end, first_line_beyond(file, file.file_size));
  for (LineIndex first = dropped.first; first < end;) {
    const Run run = {first, min_u64(end - first, Run::kCountMax)};
    put_back_run(file, run);
    first = run.end();
  }
}

const char *advice(int error) {
  switch (error) {
    case ENOSPC:
      return "; nothing is lost: free some space and try again";
    case EDQUOT:
      return "; nothing is lost: free some of the quota and try again";
    case ENOMEM:
      return "; nothing is lost: free some memory, or take smaller ranges";
    default:
      return "; the file is at the commit before, and the changes are still pending";
  }
}

// The log that we had, or tried to make, if its retirement failed. The file is at rest, so it says nothing
// that is needed.
Status retire_leftover(ManagedFile &file, u64 our_log) SNAPSHOT_REQUIRES(file.commit_lock) {
  // A commit that failed has been put back before (commit_lines). What is appended to a log that was closed
  // can only be had from it by recovery.
  if (!is_at_rest(file) || !file.append.checkpointed) return {EEXIST};
  int fd;
  LogView view;
  if (Status s = lock_existing_log(file.log_path.c_str(), Contention::quiet, true, &fd); !s.ok() || fd < 0)
    return s;
  Status s = read_log(fd, file.log_path.c_str(), &view);
  // Anybody else's may be what the file is to be recovered from.
  if (s.ok() && view.header.log_id != our_log) s = {EEXIST};
  if (s.ok()) s = settle(file);
  if (s.ok()) s = retire_log(file.log_path.c_str(), fd, view.header);
  close_private(fd);
  return s;
}

// After a retirement at exit, a handler that runs later still may commit.
Status reopen_log(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (SNAPSHOT_LIKELY(file.log.is_open())) return kOk;
  Text<64> self;
  self << "/proc/self/fd/" << file.size_fd;
  // O_PATH: closing it drops no POSIX locks.
  const long fd = sys::open(file.size_fd < 0 ? file.path.c_str() : self.c_str(), O_PATH | O_CLOEXEC);
  if (sys::failed(fd)) return sys::status(fd);
  const u64 our_log = file.log.header.log_id;
  auto create = [&]() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    return create_log(file.log_path.c_str(), static_cast<int>(fd), file.identity, file.committed_size,
                      &file.log.fd, &file.log.header);
  };
  Status s = create();
  if (s.error == EEXIST) {
    if (retire_leftover(file, our_log).ok()) s = create();
    if (s.error == EEXIST) file.log.header.log_id = our_log;
  }
  (void)sys::close(static_cast<int>(fd));
  file.log.sequence = 0;
  file.log.medium = file.medium;
  file.append.area_ends = false;
  if (s.ok()) s = open_areas(&file.log);
  if (!s.ok() && file.log.is_open()) {
    (void)sys::flock(file.log.fd, LOCK_UN);
    close_private(file.log.fd);
    file.log.fd = -1;
  }
  if (s.ok()) post_board(file.board, file.log.header.log_id, file.committed_size);
  return s;
}

void trim_scratch(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (SNAPSHOT_LIKELY(!file.copies.exceeds(kKeepBytes) && !file.record.exceeds(kKeepBytes))) return;
  file.copies.trim(kKeepBytes);
  const bool needed =
      file.failed_runs.size() != 0 || (file.protocol == Protocol::append && file.record.size() != 0);
  if (!needed) file.record.trim(kKeepBytes);
}

Status commit_by_protocol(ManagedFile &file, const Taken &taken, Durability durability)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  switch (file.protocol) {
    case Protocol::undo:
      return commit_undo(file, taken.lines);
    case Protocol::redo:
      return commit_redo(file, taken.lines);
    case Protocol::append:
      return commit_append(file, taken.lines, durability);
  }
  return {EINVAL};
}

// Whatever is compared with the backing range must find what was committed there.
Status settle_to_compare(ManagedFile &file) SNAPSHOT_REQUIRES(file.commit_lock) {
  return file.protocol == Protocol::append ? settle_to_read(file) : kOk;
}

// What page tracking and the audit find before a commit gathers lines.
SNAPSHOT_SLOW_PATH Status look_for_changes(ManagedFile &file, LineRange range)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  if (Status s = settle_to_compare(file); !s.ok()) return s;
  if (file.track_pages)
    if (Status s = mark_written_pages(file, range); !s.ok()) return s;
  if (file.audit != AuditChoice::off) audit_range(file, range);
  return kOk;
}

Status commit_lines(ManagedFile &file, LineRange range, Durability durability, Taken *taken)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  if (SNAPSHOT_UNLIKELY(file.failed_runs.size() != 0))
    if (Status s = restore_failed_commit(file); !s.ok()) return s;
  if (Status s = reopen_log(file); !s.ok()) return s;
  if (SNAPSHOT_UNLIKELY(file.track_pages || file.audit != AuditChoice::off))
    if (Status s = look_for_changes(file, range); !s.ok()) return s;
  if (Status s = gather(file, range, taken); !s.ok()) return s;
  LineRange dropped = {~LineIndex{0}, 0};
  if (Status s = drop_beyond_end(file, range, taken, &dropped); !s.ok()) {
    put_back(file);
    return s;
  }
  if (SNAPSHOT_UNLIKELY(file.audit != AuditChoice::off)) audit_taken(file);
  // MS_SYNC waits for what MS_ASYNC began, also where it has nothing to add.
  if (taken->lines == 0 && file.size.load(std::memory_order_relaxed) == file.committed_size)
    return durability == Durability::now && file.protocol == Protocol::append ? settle_append(file) : kOk;
  const Status s = commit_by_protocol(file, *taken, durability);
  if (!s.ok()) put_back_all(file, dropped);
  return s;
}

}  // namespace

Status report_failure(const ManagedFile &file, Status s, const char *doing) {
  Message m;
  m << file.path.c_str() << ": cannot " << doing << ": " << error_words(s.error) << advice(s.error);
  return fail(s.error, m);
}

bool is_at_rest(const ManagedFile &file) {
  return file.file_size == file.committed_size && file.failed_runs.size() == 0;
}

Status settle(ManagedFile &file) {
  if (file.protocol == Protocol::append) return checkpoint(file);
  if (file.protocol == Protocol::redo) settle_redo(file);
  return kOk;
}

Status commit_in_general(ManagedFile &file, LineRange range, Durability durability) {
  Taken taken;
  const u64 size_before = file.committed_size;
  const Status s = commit_lines(file, range, durability, &taken);
  if (SNAPSHOT_UNLIKELY(!s.ok())) {
    ++file.counters.commits_failed;
    trim_scratch(file);
    return report_failure(file, s);
  }
  const bool empty = taken.lines == 0 && size_before == file.committed_size;
  ++(empty ? file.counters.commits_empty : file.counters.commits);
  if (SNAPSHOT_UNLIKELY(file.file_size > file.committed_size)) apply_committed_size(file);
  trim_scratch(file);
  return kOk;
}

Status rollback(ManagedFile &file, LineRange range) {
  Taken taken;
  Status s = restore_failed_commit(file);
  if (s.ok()) s = settle_to_compare(file);
  if (s.ok() && SNAPSHOT_UNLIKELY(file.track_pages)) s = mark_written_pages(file, range);
  if (s.ok()) s = gather(file, range, &taken);
  // Step d of the protocol in track/mark.cc: of a store whose thread has found its line marked nothing comes
  // after the old bytes, where it would be in no commit.
  bool called = false;
  if (s.ok() && !(s = thread_fence(&called)).ok()) put_back(file);
  if (!s.ok()) return report_failure(file, s, "roll back");
  if (SNAPSHOT_UNLIKELY(file.audit != AuditChoice::off)) audit_taken(file);
  const LineRange all = whole_file(file);
  const u64 size = file.size.load(std::memory_order_relaxed);
  const LineIndex end = first_line_beyond(file, max_u64(size, file.file_size));
  // All of them before the first is overwritten: a disk that cannot be read any more is an error, no signal.
  for (u64 i = 0; i < file.runs.size(); ++i) {
    const Run run = Run::unpack(file.runs[i]);
    if (run.first >= end) continue;
    const BackingAddr from = backing_of(address_of(run.first));
    const u64 bytes = (min_u64(run.end(), end) - run.first) * kLineBytes;
    if (file.medium.is_memory() && is_prepared(from, bytes)) continue;
    if (s = prepare_for_reading(from, bytes); s.ok()) continue;
    put_back(file);
    return report_failure(file, s, "roll back");
  }
  for (u64 i = 0; i < file.runs.size(); ++i) {
    const Run run = Run::unpack(file.runs[i]);
    if (run.first >= end) continue;
    const WorkingAddr to = address_of(run.first);
    write_working(file, to.ptr(), backing_of(to).ptr(), (min_u64(run.end(), end) - run.first) * kLineBytes);
  }
  file.runs.clear();
  if (range.first == all.first && range.end >= end) {
    file.size.store(file.committed_size, std::memory_order_release);
    apply_committed_size(file);
  }
  ++file.counters.rollbacks;
  return kOk;
}

}  // namespace snapshot
