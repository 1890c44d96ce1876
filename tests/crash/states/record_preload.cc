// Records any program that runs on the testing library:
//
//   SNAPSHOT_TEST_RECORD=TRACE LD_PRELOAD=libsnapshot_recorder.so PROGRAM ...
//
// with libsnapshot.so.0 being the testing library (examples.sh shows how). Stands in front of the functions
// that commit, to mark where a commit begins and has returned, and of those that write to files which are not
// managed, or not yet. A forked child of the program is not recorded.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "recorder.h"
#include "snapshot/snapshot.h"
#include "trace_writer.h"

namespace {

std::atomic<bool> recording{false};
std::atomic<states::u64> commits{0};

template <typename F>
F *next(F *, const char *name) {
  return reinterpret_cast<F *>(dlsym(RTLD_NEXT, name));
}

// durable: whether it is, when it has returned.
template <typename Action>
int marked(states::u32 file, Action action, bool durable = true) {
  const states::u64 number = ++commits;
  states::commit_begins(number, file);
  const int result = action();
  if (durable) states::commit_returned(number, result == 0, file);
  return result;
}

bool is_managed(const void *address) { return recording && snapshot::in_working_range(address); }

// A file that is not managed is synced by libc, which tells no observer.
int sync(int fd, int (*real)(int)) {
  const states::u32 file = recording ? states::file_behind(fd) : states::any_file;
  if (file == states::any_file) return real(fd);
  return marked(file, [&] {
    const int result = real(fd);
    states::note_sync(fd, result == 0);
    return result;
  });
}

// write and its relatives on a file that is not mapped are libc's, too. offset -1: at the position.
template <typename Write>
ssize_t noted(int fd, off_t offset, Write write) {
  const ssize_t n = write();
  // A signal's handler may write to standard error while the recorder holds its lock.
  if (n <= 0 || !recording || fd <= STDERR_FILENO || states::file_behind(fd) == states::any_file) return n;
  const off_t begin = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR) - n;
  states::note_write(fd, static_cast<states::u64>(begin), static_cast<states::u64>(n));
  return n;
}

__attribute__((constructor)) void start() {
  const char *path = std::getenv("SNAPSHOT_TEST_RECORD");
  if (path == nullptr || *path == 0) return;
  void *observed = dlsym(RTLD_DEFAULT, "snapshot_observer");
  if (observed == nullptr) return;  // a program that has nothing to do with Snapshot
  if (!states::start_recording(path, {}, static_cast<const snapshot::Observer **>(observed)))
    states::cannot_record("SNAPSHOT_TEST_RECORD: the name is too long");
  recording = true;
}

}  // namespace

#define SNAPSHOT_FRONT extern "C" __attribute__((visibility("default")))

SNAPSHOT_FRONT int msync(void *address, size_t length, int flags) {
  static const auto real = next(&msync, "msync");
  if (!is_managed(address)) return real(address, length, flags);
  return marked(
      states::file_at(address), [&] { return real(address, length, flags); }, (flags & MS_ASYNC) == 0);
}

SNAPSHOT_FRONT int munmap(void *address, size_t length) noexcept {
  static const auto real = next(&munmap, "munmap");
  if (!is_managed(address)) return real(address, length);
  return marked(states::file_at(address), [&] { return real(address, length); });
}

SNAPSHOT_FRONT int snapshot_commit(void *address, size_t length) {
  static const auto real = next(&snapshot_commit, "snapshot_commit");
  if (!is_managed(address)) return real(address, length);
  return marked(states::file_at(address), [&] { return real(address, length); });
}

SNAPSHOT_FRONT int fsync(int fd) {
  static const auto real = next(&fsync, "fsync");
  return sync(fd, real);
}

SNAPSHOT_FRONT int fdatasync(int fd) {
  static const auto real = next(&fdatasync, "fdatasync");
  return sync(fd, real);
}

SNAPSHOT_FRONT ssize_t write(int fd, const void *bytes, size_t n) {
  static const auto real = next(&write, "write");
  return noted(fd, -1, [&] { return real(fd, bytes, n); });
}

SNAPSHOT_FRONT ssize_t writev(int fd, const iovec *vector, int count) {
  static const auto real = next(&writev, "writev");
  return noted(fd, -1, [&] { return real(fd, vector, count); });
}

SNAPSHOT_FRONT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset) {
  static const auto real = next(&pwrite, "pwrite");
  return noted(fd, offset, [&] { return real(fd, bytes, n, offset); });
}

SNAPSHOT_FRONT ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset) {
  static const auto real = next(&pwrite64, "pwrite64");
  return noted(fd, offset, [&] { return real(fd, bytes, n, offset); });
}

SNAPSHOT_FRONT ssize_t pwritev(int fd, const iovec *vector, int count, off_t offset) {
  static const auto real = next(&pwritev, "pwritev");
  return noted(fd, offset, [&] { return real(fd, vector, count, offset); });
}
