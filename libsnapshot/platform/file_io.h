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

}  // namespace snapshot
