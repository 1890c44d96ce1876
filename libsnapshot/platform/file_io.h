// Whole reads and writes at a place in a file.
#pragma once
#include "base/layout.h"
#include "base/status.h"

namespace snapshot {

// Reads exactly bytes at offset. ENODATA if the file ends before, EIO and the like from the system.
Status read_exactly(int fd, void *to, u64 bytes, u64 offset);

// Writes all of them, or says why not; then any part of them may have been written. ENOSPC also where the
// system takes nothing and gives no reason.
Status write_exactly(int fd, const void *from, u64 bytes, u64 offset);
Status write_zeros(int fd, u64 offset, u64 bytes);

// While it lives, a descriptor of the program's reads and writes any number of bytes at any place: in append
// mode pwrite appends, whatever the offset (pwrite(2), BUGS), and O_DIRECT wants whole blocks. Afterwards its
// flags and its position are what they were. Not a second descriptor, because closing that would cost the
// process its POSIX locks on the file.
class PlainWrites {
 public:
  explicit PlainWrites(int fd);
  ~PlainWrites();
  PlainWrites(const PlainWrites &) = delete;
  PlainWrites &operator=(const PlainWrites &) = delete;

  Status status() const { return status_; }

 private:
  const int fd_;
  long flags_to_restore_ = 0;  // 0: none were changed
  long position_ = 0;
  Status status_;
};

}  // namespace snapshot
