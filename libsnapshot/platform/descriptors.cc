#include "platform/descriptors.h"

#include "base/syscall.h"
#include "platform/directory_entry.h"
#include "platform/private_fd.h"

namespace snapshot {
namespace {

int number_in(const char *name) {
  int n = 0;
  for (; *name >= '0' && *name <= '9'; ++name) n = 10 * n + (*name - '0');
  return n;
}

bool leads_to(int fd, u64 device, u64 inode) {
  struct stat st;
  return !is_private(fd) && !sys::failed(sys::fstat(fd, &st)) && st.st_dev == device && st.st_ino == inode;
}

}  // namespace

bool has_descriptor(u64 device, u64 inode) {
  alignas(DirectoryEntry) u8 buffer[4096];
  const long opened = sys::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int list = static_cast<int>(opened);
  if (sys::failed(opened)) return false;
  bool found = false;
  for (long n = 1; n > 0 && !found;) {
    n = sys::call(SYS_getdents64, list, sys::as_long(buffer), sizeof buffer);
    for (long at = 0; at < n && !found;) {
      const DirectoryEntry *e = reinterpret_cast<const DirectoryEntry *>(buffer + at);
      at += e->bytes;
      found = e->name[0] != '.' && leads_to(number_in(e->name), device, inode);
    }
  }
  (void)sys::close(list);
  return found;
}

}  // namespace snapshot
