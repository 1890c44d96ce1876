// Page tracking: which pages of the working copy may have been stored to, by code that marks nothing. The
// ways of finding out, the best one first:
//
//   scan     the kernel notes the first store to each page (write_protection.h). Cost: the pages touched
//            since the commit before, and a few nanoseconds for each page that is in memory.
//   copies   a lazy copy's page becomes the process's own by its first store: the kernel's copy on write is
//            the write-protection fault (own_pages.h). Own pages are compared; those that are equal to the
//            file again are given back (commit/pages.cc), so that the next store to them tells again. Only
//            while the process has one thread: with more, own pages stay so.
//   compare  own pages are compared, and none is given back; where the kernel does not say which pages are
//            own, all pages are.
//
// Why there is none with a signal handler or a handler thread: a page protected by mprotect, or by
// userfaultfd's synchronous mode, makes system calls that write to it fail with EFAULT, those that a program
// makes without libc as well; a SIGSEGV while it is blocked ends the process, and many programs block all
// signals in their threads (libc does so itself, in pthread_create); a handler needs a stack where the
// program may have none to spare; and a thread of ours breaks programs that fork, unshare or change their
// identity as long as they have one thread only. None of that can be mended from outside. Copy on write has
// none of it.
#pragma once
#include <atomic>

#include "platform/settings.h"
#include "track/own_pages.h"
#include "track/write_protection.h"

namespace snapshot {

enum class PageSource { none, scan, copies, compare };

// Chooses the way, at the first call, by trying them on scratch pages (page_proofs.h), and says at level info
// which one it is and why. Under the registry's lock. EOPNOTSUPP, with a message: what SNAPSHOT_PAGES_FROM
// asks for does not work here.
Status choose_page_source(PagesFromChoice wanted);

// The way chosen; none before.
PageSource page_source();

// In a forked child: the way has to be chosen anew, for files of its own.
void forget_page_source_after_fork();

// To be called for each part of a window that has just been mapped, before the program stores to it. Nothing
// of it is there yet, or (equal_to_file) what is there is what the file has. A failure means that the next
// pass compares more.
void watch_new_mapping(u64 begin, u64 end, bool equal_to_file);

// Whether this process has one thread, so that nobody stores while it does something else. Threads made
// without libc, and the kernel's own for io_uring, count, too. When in doubt: no.
bool only_thread();

// The pages of [begin, end), page-aligned, that may have been stored to since they were last asked for. A
// store by another thread is in memory when next() returns its page, or has the page returned by the next
// object that is asked about it. Async-signal-safe.
class WrittenPages {
 public:
  WrittenPages(u64 begin, u64 end);

  // The address of the next page; 0: no more.
  u64 next();

 private:
  bool next_region();
  void lose_track();

  static constexpr u64 kRegionsMax = 64;

  const u64 begin_, end_;
  const bool scans_;
  bool asks_for_own_;
  u64 at_, region_end_;  // what is left of the region that next() goes through
  u64 scanned_;          // up to where the kernel has been asked
  u64 region_ = 0, regions_ = 0;
  PageRegion regions_found_[kRegionsMax];
  OwnPages own_;
};

}  // namespace snapshot
