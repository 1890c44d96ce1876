#include "commit/changed_lines.h"

#include "platform/protected_memory.h"

namespace snapshot {
bool PagePair::read(const Medium &medium, WorkingAddr page) {
  if (!copy_by_kernel(now_, page.ptr(), kPageBytes).ok() &&
      !read_protected(now_, page.value, kPageBytes).ok())
    return false;
  const BackingAddr from = backing_of(page);
  const bool direct = medium.is_memory() && is_prepared(from, kPageBytes);
  old_ = direct ? from.ptr() : old_copy_;
  return direct || copy_by_kernel(old_copy_, from.ptr(), kPageBytes).ok();
}

}  // namespace snapshot
