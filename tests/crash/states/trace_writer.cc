#include "trace_writer.h"

#include <cerrno>

#include "base/bytes.h"
#include "base/syscall.h"

namespace states {

using snapshot::sys::as_long;
using snapshot::sys::failed;
using snapshot::sys::kernel_call;

void cannot_record(const char *why) {
  const iovec parts[] = {{const_cast<char *>("recorder: "), 10},
                         {const_cast<char *>(why), snapshot::length_of(why)},
                         {const_cast<char *>("\n"), 1}};
  (void)kernel_call(SYS_writev, 2, as_long(parts), 3, 0, 0, 0);
  (void)kernel_call(SYS_exit_group, 99, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}

long out_of_the_way(long fd) {
  constexpr long from = 700;
  const long moved = kernel_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from, 0, 0, 0);
  (void)kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
  return moved;
}

bool TraceWriter::open(const char *path) {
  const u64 length = snapshot::length_of(path);
  if (length >= sizeof path_) return false;
  for (u64 i = 0; i < length; ++i) path_[i] = path[i];
  return true;
}

void TraceWriter::create() {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  long fd = kernel_call(SYS_openat, AT_FDCWD, as_long(path_), flags, 0600, 0, 0);
  if (fd == -EEXIST) cannot_record("the trace exists; has another process of the program been recorded?");
  if (!failed(fd)) fd = out_of_the_way(fd);
  if (failed(fd)) cannot_record("the trace cannot be created");
  fd_ = static_cast<int>(fd);
  put_bytes(&trace_magic, sizeof trace_magic);
}

void TraceWriter::put(const EventHead &head, const char *name, const void *bytes) {
  put_parts(head, name, bytes, head.bytes);
}

void TraceWriter::put_parts(const EventHead &head, const char *name, const void *bytes, u64 count) {
  if (fd_ < 0) create();
  const iovec parts[] = {{const_cast<EventHead *>(&head), sizeof head},
                         {const_cast<char *>(name), head.name_bytes},
                         {const_cast<void *>(bytes), count}};
  const u64 all = sizeof head + head.name_bytes + count;
  const long n = kernel_call(SYS_writev, fd_, as_long(parts), 3, 0, 0, 0);
  if (failed(n) || static_cast<u64>(n) != all)
    cannot_record("the trace cannot be written; is the disk full?");
}

void TraceWriter::put_bytes(const void *bytes, u64 count) const {
  auto *at = static_cast<const u8 *>(bytes);
  while (count > 0) {
    const long n = kernel_call(SYS_write, fd_, as_long(at), static_cast<long>(count), 0, 0, 0);
    if (n == -EINTR) continue;
    if (failed(n)) cannot_record("the trace cannot be written; is the disk full?");
    at += n, count -= static_cast<u64>(n);
  }
}

}  // namespace states
