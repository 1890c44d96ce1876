// A file's bytes and holes into another file.
#pragma once
#include "base/layout.h"
#include "base/status.h"

namespace snapshot {

using CopyProgress = void (*)(u64 done, u64 size);

// Makes the empty file behind to as long as the first size bytes of from, with the same bytes, and with its
// holes where the file systems have them. progress, unless null, is called after each piece. ENODATA: from is
// shorter. ENOSPC, EIO, ...: any part may have been written.
Status copy_file(int from, int to, u64 size, CopyProgress progress);

}  // namespace snapshot
