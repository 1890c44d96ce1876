// The library's own access to the working copy, where the program may have taken rights from it by mprotect:
// POSIX's msync, read, write and ftruncate do not ask for the mapping's protection. The program's faults stay
// as they are, for its other threads as well: protection is gone around, not lifted. Only where the kernel
// does not allow that (protected_memory.h) the pages in question become accessible, and stay so.
#pragma once
#include "commit/managed_file.h"

namespace snapshot {

SNAPSHOT_SLOW_PATH void read_restricted(u8 *to, const u8 *from, u64 bytes);
// from nullptr: zeros.
SNAPSHOT_SLOW_PATH void write_restricted(u8 *to, const u8 *from, u64 bytes);

// To be called when pages of [begin, begin + bytes) have been prepared: makes huge pages of what a working
// copy in anonymous memory has all the pages of. A sparse file's has no others (open_file.cc).
SNAPSHOT_SLOW_PATH void use_huge_pages(const ManagedFile &file, WorkingAddr begin, u64 bytes);

inline void read_working(const ManagedFile &file, u8 *to, const u8 *from, u64 bytes) {
  if (SNAPSHOT_UNLIKELY(file.unreadable.load(std::memory_order_relaxed)))
    return read_restricted(to, from, bytes);
  copy_bytes(to, from, bytes);
}

inline void write_working(const ManagedFile &file, u8 *to, const u8 *from, u64 bytes) {
  if (SNAPSHOT_UNLIKELY(file.unwritable.load(std::memory_order_relaxed)))
    return write_restricted(to, from, bytes);
  copy_bytes(to, from, bytes);
}

inline void clear_working_bytes(const ManagedFile &file, u8 *to, u64 bytes) {
  if (SNAPSHOT_UNLIKELY(file.unwritable.load(std::memory_order_relaxed)))
    return write_restricted(to, nullptr, bytes);
  fill_bytes(to, 0, bytes);
}

}  // namespace snapshot
