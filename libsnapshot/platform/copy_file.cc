#include "platform/copy_file.h"

#include "base/syscall.h"
#include "platform/file_io.h"
#include "platform/grow_buffer.h"

namespace snapshot {
namespace {

constexpr u64 kPieceBytes = 16 << 20;

Status copy_through_memory(int from, int to, u64 offset, u64 bytes, GrowBuffer<u8> &buffer) {
  if (Status s = buffer.reserve(kPieceBytes); !s.ok()) return s;
  if (Status s = read_exactly(from, buffer.data(), bytes, offset); !s.ok()) return s;
  return write_exactly(to, buffer.data(), bytes, offset);
}

// At most kPieceBytes. Where the kernel cannot copy between these files, or takes less, the rest goes through
// memory.
Status copy_piece(int from, int to, u64 offset, u64 bytes, GrowBuffer<u8> &buffer) {
  while (bytes > 0) {
    long in = static_cast<long>(offset), out = in;
    const long n = sys::call(SYS_copy_file_range, from, sys::as_long(&in), to, sys::as_long(&out),
                             static_cast<long>(bytes));
    if (n == -EINTR) continue;
    if (n == -ENOSPC || n == -EDQUOT || n == -EIO || n == -EFBIG) return sys::status(n);
    if (n <= 0) return copy_through_memory(from, to, offset, bytes, buffer);
    offset += static_cast<u64>(n);
    bytes -= static_cast<u64>(n);
  }
  return kOk;
}

}  // namespace

void find_data(int fd, u64 offset, u64 size, u64 *begin, u64 *end) {
  *begin = offset;
  *end = size;
  const long data = sys::lseek(fd, static_cast<long>(offset), SEEK_DATA);
  if (data == -ENXIO) *begin = size;
  if (sys::failed(data)) return;
  *begin = min_u64(static_cast<u64>(data), size);
  const long hole = sys::lseek(fd, data, SEEK_HOLE);
  if (!sys::failed(hole)) *end = min_u64(static_cast<u64>(hole), size);
}

Status copy_file(int from, int to, u64 size, CopyProgress progress) {
  GrowBuffer<u8> buffer;
  Status s = sys::status(sys::ftruncate(to, size));
  for (u64 at = 0, end = 0; s.ok() && at < size;) {
    if (at >= end) find_data(from, at, size, &at, &end);
    const u64 bytes = min_u64(end - at, kPieceBytes);
    s = copy_piece(from, to, at, bytes, buffer);
    at += bytes;
    if (s.ok() && progress != nullptr && !progress(at, size)) s = {EINTR};
  }
  buffer.release();
  return s;
}

}  // namespace snapshot
