#include "track/write_protection.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "base/syscall.h"
#include "platform/private_fd.h"

namespace snapshot {
namespace {

// Younger than the headers of Debian 12.
constexpr u64 kUserModeOnly = 1;  // UFFD_USER_MODE_ONLY: all that a process without privileges may ask for
constexpr u64 kWpUnpopulated = u64{1} << 13, kWpAsync = u64{1} << 15;  // UFFD_FEATURE_*

struct ScanArguments {  // struct pm_scan_arg
  u64 size, flags, start, end, walk_end, regions, regions_max, pages_max;
  u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};
static_assert(sizeof(ScanArguments) == 96);
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr u64 kProtectMatching = 1, kCheckProtectable = 2;  // PM_SCAN_WP_MATCHING, PM_SCAN_CHECK_WPASYNC
constexpr u64 kIsWritten = 1 << 1, kIsPresent = 1 << 3, kIsSwapped = 1 << 4;  // PAGE_IS_*

constinit int fault_fd = -1, pagemap_fd = -1;

// On failure the caller closes what there is.
Status open_descriptors() {
  const long fault = sys::call(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | static_cast<long>(kUserModeOnly));
  if (sys::failed(fault)) return sys::status(fault);
  fault_fd = make_private(static_cast<int>(fault));
  if (sys::failed(fault_fd)) return sys::status(fault_fd);
  const long pagemap = sys::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (sys::failed(pagemap)) return sys::status(pagemap);
  pagemap_fd = make_private(static_cast<int>(pagemap));
  return sys::status(pagemap_fd);
}

}  // namespace

Status open_write_protection() {
  Status s = open_descriptors();
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = kWpUnpopulated | kWpAsync;
  if (s.ok()) s = sys::status(sys::ioctl(fault_fd, UFFDIO_API, &api));
  if (!s.ok()) close_write_protection();
  return s;
}

void close_write_protection() {
  close_private(fault_fd);
  close_private(pagemap_fd);
  fault_fd = pagemap_fd = -1;
}

Status watch_pages(u64 begin, u64 end) {
  uffdio_register wanted{};
  wanted.range = {begin, end - begin};
  wanted.mode = UFFDIO_REGISTER_MODE_WP;
  return sys::status(sys::ioctl(fault_fd, UFFDIO_REGISTER, &wanted));
}

long take_written_pages(u64 begin, u64 end, PageRegion *out, u64 max, u64 *stopped) {
  ScanArguments a{};
  a.size = sizeof a;
  a.flags = kProtectMatching | kCheckProtectable;
  a.start = begin;
  a.end = end;
  a.regions = reinterpret_cast<u64>(out);
  a.regions_max = max;
  a.category_mask = a.return_mask = kIsWritten;
  // Not what has no page yet: to some kernels that is written, too. (Nor the kind of page: to tell pages of
  // the file apart the kernel looks at each page's descriptor, which takes twenty times as long.)
  a.category_anyof_mask = kIsPresent | kIsSwapped;
  const long n = sys::ioctl(pagemap_fd, kPagemapScan, &a);
  *stopped = a.walk_end;
  return n;
}

}  // namespace snapshot
