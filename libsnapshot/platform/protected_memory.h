// Memory of this process that the program may have taken rights from by mprotect: the kernel reads and writes
// it all the same through /proc/self/mem (mem(5) in proc_pid_mem), and pages that were not the process's own
// become so, as by a store. Each call opens that file: no descriptor to look after in forked children, and
// nobody calls these often. Async-signal-safe.
#pragma once
#include "base/layout.h"
#include "base/status.h"

namespace snapshot {

// Errors: the kernel's; EACCES, EIO or ENOENT where it does not allow this (no /proc, or hardened).
[[nodiscard]] Status read_protected(void *to, u64 address, u64 bytes);
[[nodiscard]] Status write_protected(u64 address, const void *from, u64 bytes);

}  // namespace snapshot
