// The managed files of this process: opening with recovery, looking up, closing.
#pragma once
#include "api/mappings.h"
#include "commit/managed_file.h"

namespace snapshot {

// A managed file and what the program has mapped of it. Mappings change under the registry's lock, with
// signals blocked; so whoever finds that this very thread holds mappings_lock is a handler that interrupted a
// reader, and may read as well (MappingsReader).
struct RegisteredFile : ManagedFile {
  Mutex mappings_lock;
  Mappings mappings SNAPSHOT_GUARDED_BY(mappings_lock);
  bool kept SNAPSHOT_GUARDED_BY(mappings_lock) = false;  // open, and not mapped (unmap_part)
  // Changes of what has been unmapped since are pending: they go with the next commit, whatever its range.
  bool unmapped_pending SNAPSHOT_GUARDED_BY(commit_lock) = false;

  // Mappings::widest_covers, which needs no lock.
  bool widest_mapping_covers(Interval range) const SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    return mappings.widest_covers(range);
  }
};

class SNAPSHOT_SCOPED_CAPABILITY MappingsReader {
 public:
  explicit MappingsReader(RegisteredFile &file)
      SNAPSHOT_ACQUIRE(file.mappings_lock) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS
      : lock_(file.mappings_lock.held_by_this_thread() ? nullptr : &file.mappings_lock) {
    if (lock_ != nullptr) lock_->lock();
  }
  ~MappingsReader() SNAPSHOT_RELEASE() SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    if (lock_ != nullptr) lock_->unlock();
  }
  MappingsReader(const MappingsReader &) = delete;
  MappingsReader &operator=(const MappingsReader &) = delete;

 private:
  Mutex *lock_;
};

// A file to be mapped, as far as it decides whether it is managed.
struct Candidate {
  int fd;
  FileKey key;
  u64 size;
  Path path;
  bool may_open = false;  // false: only if it is managed already
};

// Whether the file behind fd is to be managed: a regular file with a name, opened for reading and writing,
// selected by SNAPSHOT_FILES. *managed false with kOk: leave it to the kernel. EINVAL: an unknown setting.
Status consider(int fd, Candidate *out, bool *managed);

// Changes the length of the mapping [begin, end) of the file's window to reach new_end, in place. ENOMEM
// beyond the window, with a message; EFAULT if there is no such mapping. What a shorter one leaves out is
// committed as by unmap_part.
Status remap_part(RegisteredFile &file, Interval mapping, u64 new_end);

// To be called before the program's mprotect takes rights to a part of the file: reading and writing, or
// (readable) writing. Waits for commits and reads of the file that are under way. EDEADLK in a handler that
// interrupted one of these, with a message.
Status restrict_access(RegisteredFile &file, bool readable);

// Adds a mapping, where part of the file's window begins with a page that is mapped already (mremap with an
// old length of 0). EFAULT: it does not; ENOMEM beyond the window, with a message.
Status map_part_again(RegisteredFile &file, Interval part);

// Called when the program has opened a file it may write: if a log shows that the last process did not close
// it, recovers it, so that the program sees the committed bytes and size before it maps anything. Does
// nothing while another process holds the log, unless SNAPSHOT_WAIT=1 asks to wait for it. Costs two system
// calls where there is no log. Errors as of recovery, with a message.
Status recover_at_open(int fd);

// The file behind fd and its log have a new name. Does nothing if it is not managed.
void renamed(int fd);

// Whether a log lies beside the file of this name: then opening it may not cut it before it is recovered.
bool has_log(int directory, const char *path);

// Manages the file (recovers it, takes the writer's lock, opens its window) unless it is managed already, and
// adds a mapping of [offset, offset + length), length a multiple of pages. *out is its address. EAGAIN,
// ENOSPC, ENOMEM, EBADMSG, ...: with a message; the data file is unharmed and nothing is mapped.
Status map_file(const Candidate &candidate, u64 offset, u64 length, void **out);

// Removes the mappings of [begin, end) of the file's window. What is no longer mapped is committed before,
// all of it in one commit when nothing is left; then the file is closed and its log removed. An error of that
// commit: nothing is unmapped, and the call can be repeated.
// With SNAPSHOT_MUNMAP=keep nothing is committed as long as the program has the file mapped or open: a file
// that is open only is kept, managed and not mapped. What was pending goes with the next commit of any part
// of it.
Status unmap_part(RegisteredFile &file, Interval part);

// Of the files that are kept so. any_kept costs one load.
bool any_kept();
bool is_kept(int fd);
// The file is to be used up to byte end by a descriptor. If it is kept and its window is too small for that,
// commits and closes it, and *closed is set: the program may do by the kernel what it asks for.
Status leave_kept(RegisteredFile &file, u64 end, bool *closed);
// Commits and closes those that no descriptor of the program leads to any more. To be called when one was
// closed. An error of a commit: the file is still kept.
Status close_kept();

// Lookups; nullptr if the address or file is not managed. By descriptor it costs one fstat, or nothing while
// no file is managed. An error of it (not for a descriptor that is none): nobody can say whether the file is
// managed, so whatever was to be done with it must not be.
inline RegisteredFile *file_at(u64 working_address);
RegisteredFile *file_by_key(FileKey key);
Status file_by_fd(int fd, RegisteredFile **out);
Status cannot_look_at(int fd, Status why);
bool any_managed();

// Takes the commit lock of an open file. EDEADLK: this thread holds it already (a signal handler that
// interrupted a commit). EPERM: inherited by fork. EINVAL: closed meanwhile. With a message each.
inline Status lock_for_commit(RegisteredFile &file);

// Calls f(file) for each file that is open, in the order of slots.
template <typename F>
void for_each_open_file(F f);
RegisteredFile *open_file_at_slot(Slot slot);
RegisteredFile *inherited_file_at_slot(Slot slot);

// All counters, of open and closed files.
Counters total_counters(u64 *files_managed, u64 *recoveries_clean, u64 *recoveries_rolled_back);

// At process exit: commits or discards, as set, and removes the logs of files that recovery has nothing to do
// for.
void close_all_at_exit();

// Around fork: the table is whole in the child, and there every file is inherited.
void before_fork();
void after_fork_in_parent();
void after_fork_in_child();

// 0 in a process that was forked from one with managed files, until that is noticed.
extern const volatile u8 *process_mark;
Status lock_in_general(RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS;

// false: the file is not open, is locked, or this thread is not alone.
inline bool try_lock_for_commit_alone(RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if (SNAPSHOT_UNLIKELY(*process_mark == 0 || !file.commit_lock.try_lock_alone())) return false;
  if (SNAPSHOT_LIKELY(file.state.load(std::memory_order_acquire) == FileState::open)) return true;
  file.commit_lock.unlock();
  return false;
}

inline Status lock_for_commit(RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  return SNAPSHOT_LIKELY(try_lock_for_commit_alone(file)) ? kOk : lock_in_general(file);
}

// Of each slot that was ever used, its object; these are never freed.
extern std::atomic<RegisteredFile *> registered_files[kSlotsMax];

inline RegisteredFile *file_at(u64 working_address) {
  if (working_address >> SNAPSHOT_RANGE_BITS != u64{SNAPSHOT_RANGE_INDEX}) return nullptr;
  const Slot slot = slot_of(line_of(working_address));
  return slot == 0 || !windows[slot].contains(working_address)
             ? nullptr
             : registered_files[slot].load(std::memory_order_acquire);
}

template <typename F>
void for_each_open_file(F f) {
  for (Slot s = 1; s < kSlotsMax; ++s)
    if (RegisteredFile *file = open_file_at_slot(s); file != nullptr) f(*file);
}

}  // namespace snapshot
