#include "track/page_proofs.h"

#include "base/message.h"
#include "base/syscall.h"
#include "track/own_pages.h"
#include "track/write_protection.h"

namespace snapshot {
namespace {

constexpr u64 kPages = 6;

// A few private pages, of a file in memory or anonymous.
class Scratch {
 public:
  enum Kind { of_file, anonymous };

  explicit Scratch(Kind kind)
      : fd_(sys::call(SYS_memfd_create, sys::as_long("snapshot"), 1 /* MFD_CLOEXEC */)) {
    if (sys::failed(fd_) || sys::failed(sys::ftruncate(fd(), kPages * kPageBytes))) return;
    const bool file = kind == of_file;
    const long result = sys::mmap(0, kPages * kPageBytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | (file ? 0 : MAP_ANONYMOUS), file ? fd() : -1, 0);
    if (!sys::failed(result)) begin_ = static_cast<u64>(result);
  }
  ~Scratch() {
    if (begin_ != 0) (void)sys::munmap(begin_, kPages * kPageBytes);
    if (!sys::failed(fd_)) (void)sys::close(fd());
  }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  bool made() const { return begin_ != 0; }
  u64 begin() const { return begin_; }
  u64 end() const { return begin_ + kPages * kPageBytes; }
  u64 page(u64 number) const { return begin_ + number * kPageBytes; }

  void store(u64 number) const { *reinterpret_cast<volatile u8 *>(page(number)) = 1; }
  bool kernel_writes(u64 number) const {
    return sys::pread(fd(), reinterpret_cast<void *>(page(number)), 1, 0) == 1;
  }
  void read(u64 number) const { (void)*reinterpret_cast<volatile u8 *>(page(number)); }

 private:
  int fd() const { return static_cast<int>(fd_); }
  long fd_;
  u64 begin_ = 0;
};

bool reports(const Scratch &s, u64 expected) {
  PageRegion found[kPages];
  u64 stopped = 0, reported = 0;
  const long n = take_written_pages(s.begin(), s.end(), found, kPages, &stopped);
  for (long i = 0; i < n; ++i)
    for (u64 k = 0; k < kPages; ++k)
      if (s.page(k) >= found[i].begin && s.page(k) < found[i].end) reported |= u64{1} << k;
  return n >= 0 && stopped == s.end() && reported == expected;
}

// Pages 0 and 1 are there before they are watched, 2 and 3 come later; 0 and 2 are stored to, 1 and 3 are
// written by the kernel; the others are left alone.
bool scan_works(Scratch::Kind kind) {
  const Scratch s(kind);
  if (!s.made()) return false;
  s.store(0);
  s.store(1);
  if (!watch_pages(s.begin(), s.end()).ok() || !reports(s, 0b0011) || !reports(s, 0)) return false;
  for (int times = 0; times < 2; ++times) {
    s.store(0);
    s.store(2);
    if (!s.kernel_writes(1) || !s.kernel_writes(3)) return false;
    if (!reports(s, 0b1111) || !reports(s, 0)) return false;
  }
  // What is taken without a report.
  s.store(0);
  u64 stopped;
  return take_written_pages(s.begin(), s.end(), nullptr, 0, &stopped) == 0 && reports(s, 0);
}

u64 own(const Scratch &s) {
  OwnPages pages;
  u64 result = 0;
  for (u64 k = 0; k < kPages; ++k)
    if (pages.contains(s.page(k))) result |= u64{1} << k;
  return result;
}

}  // namespace

const char *prove_scan() {
  if (Status s = open_write_protection(); !s.ok())
    return s.error == EINVAL ? "this kernel has no asynchronous write protection (Linux 6.7 has it)"
                             : error_words(s.error);
  if (scan_works(Scratch::of_file) && scan_works(Scratch::anonymous)) return nullptr;
  close_write_protection();
  return "the kernel does not report written pages as it should";
}

bool prove_own_pages() {
  const Scratch file(Scratch::of_file), memory(Scratch::anonymous);
  if (!file.made() || !memory.made()) return false;
  file.store(0);
  memory.store(0);
  if (!file.kernel_writes(1) || !memory.kernel_writes(1)) return false;
  file.read(2);
  if (own(file) != 0b0011 || own(memory) != 0b0011) return false;
  if (sys::failed(sys::madvise(file.page(0), kPageBytes, MADV_DONTNEED)) || own(file) != 0b0010) return false;
  file.store(0);
  return own(file) == 0b0011;
}

}  // namespace snapshot
