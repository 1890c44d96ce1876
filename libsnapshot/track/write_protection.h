// The kernel's own note of which pages were written: userfaultfd's asynchronous write protection, which the
// fault handler lifts by itself, and PAGEMAP_SCAN, which reports the pages where it is lifted and puts it
// back in one step (Linux 6.7; Documentation/admin-guide/mm/pagemap.rst). Nothing of it is visible to the
// program: no signal, no handler thread, and what the kernel itself writes is noted the same way.
//
// Not noted: what a device writes to a page that was pinned before it was protected (reads with O_DIRECT, or
// into io_uring's registered buffers, that were under way during a commit).
#pragma once
#include "base/layout.h"
#include "base/status.h"

namespace snapshot {

// Opens what the functions below need, once; async-signal-unsafe, under the caller's lock. An error (ENOSYS,
// EPERM, EINVAL, EOPNOTSUPP, ENOENT, ...) says why this machine cannot.
Status open_write_protection();

// Forgets it, and closes the descriptors: it does not work, or this is a forked child, whose descriptors
// still lead to the parent's memory.
void close_write_protection();

// From now on stores to pages of [begin, end), which are mapped and private, are noted. A page that is there
// already counts as written until take_written_pages() has reported it.
Status watch_pages(u64 begin, u64 end);

struct PageRegion {  // struct page_region of linux/fs.h
  u64 begin, end, categories;
};

// Reports up to max regions of pages of [begin, end) that are there and were written since they were last
// reported, and counts them as unwritten from this moment on. A page that was only read may be reported
// once, too. *stopped is where the call should be repeated; it is end when there is no more. With max 0 all
// are counted as unwritten and none reported.
//
// A store to a page that is reported is in memory when the call returns, or is noted for the next call: the
// kernel protects the page and has all CPUs forget how to write to it before it returns (page migration
// relies on the same), and a store that comes later faults. -EPERM: a part is not watched; pages of other
// parts may have been counted as unwritten without a report.
long take_written_pages(u64 begin, u64 end, PageRegion *out, u64 max, u64 *stopped);

}  // namespace snapshot
