#include "track/written_pages.h"

#include "base/message.h"
#include "base/syscall.h"
#include "track/page_proofs.h"

namespace snapshot {
namespace {

constinit std::atomic<PageSource> source{PageSource::none};
// Whether the kernel says truly which pages are own.
constinit std::atomic<bool> knows_own_pages{false};

const char *words_for(PageSource s) {
  switch (s) {
    case PageSource::scan:
      return "the kernel's scan for written pages (scan)";
    case PageSource::copies:
      return "the pages that the kernel has copied for stores (copies)";
    default:
      return knows_own_pages ? "comparing the process's own pages (compare)"
                             : "comparing every page (compare)";
  }
}

Status does_not_work(const char *way, const char *why) {
  Message m;
  m << "SNAPSHOT_PAGES_FROM=" << way << " does not work here: " << why << "; unset it, or set it to compare";
  return fail(EOPNOTSUPP, m);
}

void tell(PageSource chosen, const char *why_no_scan) {
  Message m;
  m << "page tracking by " << words_for(chosen);
  if (why_no_scan != nullptr) m << "; not by scan: " << why_no_scan;
  if (chosen == PageSource::compare && !knows_own_pages)
    m << "; not by copies: /proc/self/pagemap does not tell which pages are the process's own";
  say(Level::info, m);
}

}  // namespace

Status choose_page_source(PagesFromChoice wanted) {
  if (source != PageSource::none) return kOk;
  const bool any = wanted == PagesFromChoice::automatic;
  const char *why_no_scan = any || wanted == PagesFromChoice::scan ? prove_scan() : "SNAPSHOT_PAGES_FROM";
  if (wanted == PagesFromChoice::scan && why_no_scan != nullptr) return does_not_work("scan", why_no_scan);
  knows_own_pages = prove_own_pages();
  if (wanted == PagesFromChoice::copies && !knows_own_pages)
    return does_not_work("copies", "/proc/self/pagemap does not tell which pages are the process's own");
  const bool copies = wanted != PagesFromChoice::compare && knows_own_pages;
  const PageSource chosen = why_no_scan == nullptr ? PageSource::scan
                            : copies               ? PageSource::copies
                                                   : PageSource::compare;
  tell(chosen, why_no_scan);
  source.store(chosen, std::memory_order_release);
  return kOk;
}

PageSource page_source() { return source.load(std::memory_order_acquire); }

void forget_page_source_after_fork() {
  close_write_protection();
  source = PageSource::none;
}

void watch_new_mapping(u64 begin, u64 end, bool equal_to_file) {
  if (page_source() != PageSource::scan || !watch_pages(begin, end).ok() || !equal_to_file) return;
  u64 stopped;
  (void)take_written_pages(begin, end, nullptr, 0, &stopped);
}

bool only_thread() {
  struct stat st;
  // One link for each thread, and two as every directory has.
  return !sys::failed(sys::newfstatat(AT_FDCWD, "/proc/self/task", &st, 0)) && st.st_nlink == 3;
}

WrittenPages::WrittenPages(u64 begin, u64 end)
    : begin_(begin),
      end_(end),
      scans_(page_source() == PageSource::scan),
      asks_for_own_(!scans_ && knows_own_pages.load(std::memory_order_relaxed)),
      at_(begin),
      region_end_(scans_ ? begin : end),
      scanned_(scans_ ? begin : end) {}

u64 WrittenPages::next() {
  for (;;) {
    while (at_ < region_end_) {
      const u64 page = at_;
      at_ += kPageBytes;
      if (!asks_for_own_ || own_.contains(page)) return page;
    }
    if (!next_region()) return 0;
  }
}

bool WrittenPages::next_region() {
  constexpr u64 kReadPages = 16;
  while (region_ == regions_) {
    if (scanned_ == end_) return false;
    const long n = take_written_pages(scanned_, end_, regions_found_, kRegionsMax, &scanned_);
    if (sys::failed(n)) {
      lose_track();
      return true;
    }
    region_ = 0;
    regions_ = static_cast<u64>(n);
  }
  at_ = regions_found_[region_].begin;
  region_end_ = regions_found_[region_].end;
  ++region_;
  // A program that reads through its file has each page reported once. To sort those out takes about as long
  // as to compare a few.
  asks_for_own_ =
      region_end_ - at_ >= kReadPages * kPageBytes && knows_own_pages.load(std::memory_order_relaxed);
  return true;
}

// A part of the range is not watched (a mapping that could not be registered; descriptors that the program
// has closed by system calls of its own), and the scan that failed may have taken pages without reporting
// them: all of the range is compared this time, from a moment on at which it is watched again, if possible.
void WrittenPages::lose_track() {
  watch_new_mapping(begin_, end_, true);
  asks_for_own_ = knows_own_pages.load(std::memory_order_relaxed);
  at_ = begin_;
  region_end_ = scanned_ = end_;
  region_ = regions_ = 0;
}

}  // namespace snapshot
