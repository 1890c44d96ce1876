// Operations on ranges of addresses, which may span mappings, files, and what is not managed at all.
#pragma once
#include "api/registry.h"
#include "commit/append.h"
#include "commit/gather.h"

namespace snapshot {

// Commits the lines that overlap [address, address + length), all in one managed file. EINVAL: the first byte
// is not in a managed mapping; ENOMEM: a later one is not. Others as commit(). length SNAPSHOT_WHOLE_FILE:
// all of the file, mapped or not.
Status commit_managed(u64 address, u64 length);
Status rollback_managed(u64 address, u64 length);
bool is_managed(u64 address, u64 length);

// msync on whole pages [address, end) that lie in the working range: commits the mapped part of each file,
// under Durability::later (MS_ASYNC) without waiting for it. ENOMEM, after committing the rest, if a part is
// not mapped; the first error of a commit otherwise.
Status sync_pages(u64 address, u64 end, Durability durability);

// munmap on whole pages [address, end) in the working range.
Status unmap_pages(u64 address, u64 end);

// madvise(MADV_REMOVE) on whole pages [address, end) in the working range: what is mapped of them reads as
// zeros. ENOMEM, without any effect, if a part is not mapped; EPERM, EDEADLK.
Status clear_pages(u64 address, u64 end);

// Before an mprotect of [address, end), in the working range, that leaves the pages readable or not even
// that. EDEADLK as restrict_access().
Status restrict_pages(u64 address, u64 end, bool readable);

// Commits these lines of the file, which is locked, and what is pending of parts that have been unmapped.
// ENOMEM: they are not the file's any more.
Status commit_range(RegisteredFile &file, LineRange range, Durability durability)
    SNAPSHOT_REQUIRES(file.commit_lock);

// A commit of the whole file, as fsync does it.
Status commit_whole(RegisteredFile &file);

}  // namespace snapshot
