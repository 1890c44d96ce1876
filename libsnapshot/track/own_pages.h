// Which pages of the working copy are the process's own, and so can differ from the file: anonymous ones, in
// memory or in swap. Of a lazy copy these are the pages that were ever stored to, of an eager one all that
// are there.
#pragma once
#include "base/syscall.h"

namespace snapshot {

// Asks /proc/self/pagemap, ahead of the questions; so an object serves one pass, by one thread. Where that
// cannot be read every page counts as own.
class OwnPages {
 public:
  OwnPages() = default;
  ~OwnPages() {
    if (fd_ >= 0) (void)sys::close(static_cast<int>(fd_));
  }
  OwnPages(const OwnPages &) = delete;
  OwnPages &operator=(const OwnPages &) = delete;

  bool contains(u64 page_address) {
    // /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).
    constexpr u64 kPresent = u64{1} << 63, kSwapped = u64{1} << 62, kOfFile = u64{1} << 61;
    const u64 number = page_address / kPageBytes;
    if (number - first_ >= count_) read_from(number);
    if (number - first_ >= count_) return true;
    const u64 entry = entries_[number - first_];
    return (entry & (kPresent | kSwapped)) != 0 && (entry & kOfFile) == 0;
  }

 private:
  void read_from(u64 number) {
    if (fd_ == kNotOpened) fd_ = sys::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    first_ = number;
    count_ = 0;
    if (fd_ < 0) return;
    const long n = sys::pread(static_cast<int>(fd_), entries_, sizeof entries_, number * sizeof(u64));
    if (!sys::failed(n)) count_ = static_cast<u64>(n) / sizeof(u64);
  }

  static constexpr long kNotOpened = -1 << 20;  // no errno

  long fd_ = kNotOpened;
  u64 first_ = 0, count_ = 0;
  u64 entries_[256];
};

}  // namespace snapshot
