// File I/O on a managed file, carried out on its working copy.
#pragma once
#include <sys/uio.h>

#include "api/registry.h"

namespace snapshot {

using i64 = int64_t;

// After the kernel has read n bytes of the file into the vector, at offset or (offset -1) up to the
// descriptor's position: replaces them by the working copy's. Returns n, or less if the file was made shorter
// and that is not committed yet; the position is corrected. The vector's buffers are written to, not marked.
long overlay_working_copy(RegisteredFile &file, int fd, const iovec *vector, int count, i64 offset, long n);

// Writes the vector to the working copy at offset, or (offset -1) at the descriptor's position, which is
// moved, or at the end in append mode; grows the file as needed. The bytes are committed by the next commit,
// at once if the descriptor is synchronous. also: flags of open(2) to be followed beside the descriptor's.
// ENOSPC, EFBIG, EBADF, EDEADLK. ESTALE: the file is not managed any more.
Status write_working_copy(RegisteredFile &file, int fd, const iovec *vector, int count, i64 offset,
                          long *written, int also = 0);

// ftruncate. ESTALE as above.
Status resize_managed(RegisteredFile &file, int fd, u64 size);

// fallocate, by mode: allocates, or makes a range read as zeros (which frees no space here). EOPNOTSUPP for
// what would move bytes. ESTALE as above.
Status allocate_managed(RegisteredFile &file, int fd, int mode, u64 offset, u64 length);

// Makes [offset, end), as far as the file has it, read as zeros, like a store. EDEADLK, EPERM; ESTALE as
// above.
Status clear_managed(RegisteredFile &file, u64 offset, u64 end);

// The size that the program is to see, if that is not the file's own: a shrink waits for its commit.
bool seen_size_differs(RegisteredFile &file, u64 *size);

}  // namespace snapshot
