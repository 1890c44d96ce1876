// The process's descriptors of a file.
#pragma once
#include "base/layout.h"

namespace snapshot {

// Whether any of the process's descriptors leads to this file. The library's own do not: they lead to logs,
// or have O_PATH. False also where /proc does not tell.
bool has_descriptor(u64 device, u64 inode);

}  // namespace snapshot
