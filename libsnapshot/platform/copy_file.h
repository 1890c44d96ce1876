// A file's bytes and holes into another file.
#pragma once
#include "base/layout.h"
#include "base/status.h"

namespace snapshot {

// Called after each piece, and now and then while there is something to wait for. false: stop.
using CopyProgress = bool (*)(u64 done, u64 size);

// Makes the empty file behind to as long as the first size bytes of from, with the same bytes, and with its
// holes where the file systems have them. progress may be null. ENODATA: from is shorter. EINTR: progress
// said so. ENOSPC, EIO, ...: any part may have been written.
Status copy_file(int from, int to, u64 size, CopyProgress progress);

// The data from offset on, as far as size: [*begin, *end). A file system that does not know its holes has
// none.
void find_data(int fd, u64 offset, u64 size, u64 *begin, u64 *end);

}  // namespace snapshot
