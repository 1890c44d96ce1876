#include "commit/changed_lines.h"

#include "base/syscall.h"

namespace snapshot {
namespace {

// Whatever its protection says (mem(5) in proc_pid_mem).
bool read_protected(u8 *to, WorkingAddr page) {
  const long fd = sys::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (sys::failed(fd)) return false;
  const long n = sys::pread(static_cast<int>(fd), to, kPageBytes, page.value);
  (void)sys::close(static_cast<int>(fd));
  return n == static_cast<long>(kPageBytes);
}

}  // namespace

bool PagePair::read(const Medium &medium, WorkingAddr page) {
  if (!copy_by_kernel(now_, page.ptr(), kPageBytes).ok() && !read_protected(now_, page)) return false;
  const BackingAddr from = backing_of(page);
  const bool direct = medium.is_memory() && is_prepared(from, kPageBytes);
  old_ = direct ? from.ptr() : old_copy_;
  return direct || copy_by_kernel(old_copy_, from.ptr(), kPageBytes).ok();
}

}  // namespace snapshot
