#include "recorder.h"

#include <atomic>
#include <cerrno>

#include "base/bytes.h"
#include "base/syscall.h"
#include "recording.h"

namespace states {
namespace {

using snapshot::Verb;
using snapshot::sys::failed;
using snapshot::sys::kernel_call;

RecordedFiles &files = recording.files;
const RecorderOptions &options = recording.options;
long owner;
u64 random_numbers;

std::atomic_flag lock = ATOMIC_FLAG_INIT;
class Locked {
 public:
  Locked() {
    while (lock.test_and_set(std::memory_order_acquire)) (void)kernel_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
  }
  ~Locked() { lock.clear(std::memory_order_release); }
};

void put_store(EventKind kind, u32 file, u64 offset, const void *bytes, u64 count) {
  recording.trace.put({kind, this_thread_number(), file, 0, offset, count, count}, "", bytes);
}

// The same answers in every run.
long deterministic_answer(long number, const long *a, long result) {
  if (number == SYS_getpid) return 4242;
  if (number == SYS_getrandom)
    for (long i = 0; i < result; ++i)
      reinterpret_cast<u8 *>(a[0])[i] = static_cast<u8>(mix(random_numbers++));
  if (number == SYS_statx && !failed(result))
    if (const u32 file = files.find_fd(a[0]); file != files.none) {
      auto *s = reinterpret_cast<struct statx *>(a[4]);
      s->stx_ino = files[file].identity_inode;
      s->stx_btime.tv_sec = 0;
      s->stx_btime.tv_nsec = static_cast<u32>(files[file].identity_birth_ns);
    }
  return result;
}

// What has been acknowledged by a commit's begin.
void note_output() {
  static u64 known = 0;
  struct stat st;
  if (failed(kernel_call(SYS_fstat, 1, snapshot::sys::as_long(&st), 0, 0, 0, 0)) || !S_ISREG(st.st_mode))
    return;
  if (const u64 bytes = static_cast<u64>(st.st_size); bytes != known)
    put(EventKind::output, 0, 0, known = bytes);
}

bool in_child() { return kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0) != owner; }

bool is_recording() { return recording.trace.is_open() && !in_child(); }

long observed_call(long number, const long a[6]) {
  if (in_child()) return kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (is_recorded(number)) {
    const Locked locked;
    const long error = options.fault != nullptr ? options.fault(number, a) : 0;
    return error != 0 ? record_failure(number, a, error) : record_call(number, a);
  }
  const long result = kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (!options.deterministic) return result;
  const Locked locked;
  return deterministic_answer(number, a, result);
}

void observed_fence() {
  put(EventKind::fence, 0);
  const u32 me = this_thread_number() + 1;
  for (u32 i = 0; i < files.count(); ++i)
    if (files[i].stored_by == me) check(i);
}

void observed_verb(Verb verb, void *to, u64 bytes) {
  if (in_child()) return;
  const Locked locked;
  if (verb == Verb::fence) return observed_fence();
  u64 offset = 0;
  const u32 file = files.mapped_at(reinterpret_cast<u64>(to), &offset);
  if (file == files.none) cannot_record("a store to a mapping that it has not seen");
  if (verb == Verb::write_back) return put(EventKind::write_back, file, offset, bytes);
  // What lies beyond the end is no part of the file.
  const u64 size = size_of(file);
  if (offset >= size) return;
  if (bytes > size - offset) bytes = size - offset;
  put_store(verb == Verb::copy_nt ? EventKind::store_nt : EventKind::store, file, offset, to, bytes);
  files[file].stored_by = this_thread_number() + 1;
}

constexpr snapshot::Observer observer = {observed_call, observed_verb};

}  // namespace

bool start_recording(const char *path, const RecorderOptions &with, const snapshot::Observer **observed) {
  recording.options = with;
  owner = kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  if (!recording.trace.open(path)) return false;
  *observed = &observer;
  return true;
}

void expect(u64 commit, const char *path, const void *bytes, u64 count, bool atomic) {
  if (!is_recording()) return;
  const Locked locked;
  const u32 name_bytes = static_cast<u32>(snapshot::length_of(path));
  recording.trace.put(
      {EventKind::expect, this_thread_number(), 0, name_bytes, commit, atomic ? 0u : 1u, count}, path, bytes);
}

void commit_begins(u64 commit, u32 file) {
  if (!is_recording()) return;
  const Locked locked;
  note_output();
  put(EventKind::begins, file, commit);
}

void commit_returned(u64 commit, bool success, u32 file) {
  if (!is_recording()) return;
  const Locked locked;
  put(EventKind::returned, file, commit, success ? 0 : 1);
}

u32 file_at(const void *address) {
  if (!is_recording()) return any_file;
  const Locked locked;
  u64 offset = 0;
  return files.mapped_at(snapshot::backing_of({reinterpret_cast<u64>(address)}).value, &offset);
}

u32 file_behind(int fd) {
  if (!is_recording()) return any_file;
  const Locked locked;
  return files.find_fd(fd);
}

void note_sync(int fd, bool success) {
  const Locked locked;
  const u32 file = files.find_fd(fd);
  if (file != files.none && !files.is_mapped(file)) on_synced(file, 0, 0, success ? 0 : -EIO);
}

void note_write(int fd, u64 offset, u64 count) {
  const Locked locked;
  const u32 file = files.find_fd(fd);
  if (file != files.none && !files.is_mapped(file)) on_written(file, offset, static_cast<long>(count));
}

}  // namespace states
