#include "media/medium.h"

#include "base/syscall.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

namespace snapshot {
namespace {

// A MAP_SYNC mapping succeeds on DAX only (mmap(2)): then stores need no fsync, just the verbs.
bool maps_synchronously(int fd) {
  const long page = sys::mmap(0, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
  if (sys::failed(page)) return false;
  (void)sys::munmap(static_cast<u64>(page), kPageBytes);
  return true;
}

bool libpmem_says_memory(int fd) {
  if (libpmem_verbs() == nullptr) return false;
  const long page = sys::mmap(0, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (sys::failed(page)) return false;
  const bool memory = libpmem_is_memory(reinterpret_cast<void *>(page), kPageBytes);
  (void)sys::munmap(static_cast<u64>(page), kPageBytes);
  return memory;
}

constexpr u8 kPrepared = 1;  // in the page map

// A commit reads each old line from the backing range, and at random places of a file the page walk is a good
// part of that. Once all of 2 MiB have their blocks, they can become one huge page, as a DAX mapping has them
// (madvise(2), MADV_COLLAPSE, Linux 6.1; contents and blocks stay as they are). It is asked once: where the
// kernel will not, nothing changes.
void use_huge_pages(u64 first_page, u64 end_page) {
  constexpr u64 origin = kWorkingBase + kBackingDistance;
  const u64 end = origin + end_page * kPageBytes;
  for (u64 huge = round_down(origin + first_page * kPageBytes, kHugeBytes); huge < end; huge += kHugeBytes) {
    if (!is_newly_full({huge}, kBackingAsked)) continue;
    (void)sys::madvise(huge, kHugeBytes, MADV_COLLAPSE);
  }
}

// A sync that a signal has cut short on a network file system has failed nothing yet.
template <typename Sync>
Status uninterrupted(Sync sync) {
  long result;
  do result = sync();
  while (result == -EINTR);
  return sys::status(result);
}

}  // namespace

// EFAULT from MADV_POPULATE_WRITE stands for what a store would have raised as SIGBUS; the kernel does not
// say why.
int why_not_writable(int path_fd) {
  struct statfs fs;
  if (sys::failed(sys::fstatfs(path_fd, &fs))) return EIO;
  // Not f_bfree, even for root: it counts what ext4 keeps for itself. A few blocks may be left that an extent
  // cannot use.
  return static_cast<u64>(fs.f_bavail) * static_cast<u64>(fs.f_bsize) < (u64{256} << 10) ? ENOSPC : EIO;
}

bool is_newly_full(BackingAddr begin, HugePageAsked asked) {
  u8 *pages = page_map() + (begin.value - (kWorkingBase + kBackingDistance)) / kPageBytes;
  for (u64 i = 0; i < kHugeBytes / kPageBytes; ++i)
    if (pages[i] == 0) return false;
  if ((*pages & asked) != 0) return false;
  *pages |= asked;
  return true;
}

Status populate_for_writing(u64 address, u64 bytes, int path_fd) {
  for (;;) {
    const long result = sys::madvise(address, bytes, MADV_POPULATE_WRITE);
    if (!sys::failed(result)) return kOk;
    if (result == -EINTR || result == -EAGAIN) continue;
    return {result == -EFAULT ? why_not_writable(path_fd) : result == -ENOMEM ? ENOMEM : EIO};
  }
}

Status Medium::fence_data(BackingAddr begin, u64 bytes) const {
  if (is_memory()) {
    fence();
    return kOk;
  }
  const u64 first = round_down(begin.value, kPageBytes);
  return uninterrupted([&] { return sys::msync(first, begin.value + bytes - first, MS_SYNC); });
}

Status Medium::fence_log(int fd) const {
  if (is_memory()) {
    fence();
    return kOk;
  }
  return uninterrupted([&] { return sys::fdatasync(fd); });
}

// msync leads to the file system's fsync (mm/msync.c), and needs no descriptor.
Status sync_size(BackingAddr begin) {
  return uninterrupted([&] { return sys::msync(begin.value, kPageBytes, MS_SYNC); });
}

Status choose_medium(const Settings &settings, int fd, const char *path, Medium *out) {
  Medium m;
  if (Status s = select_persist_verbs(settings.persist, &m.verbs); !s.ok()) return s;
  const bool synchronous = settings.media != MediaChoice::page_cache && maps_synchronously(fd);
  if (synchronous) m.map_flags = MAP_SHARED_VALIDATE | MAP_SYNC;
  const bool memory = synchronous || settings.media == MediaChoice::memory ||
                      (settings.media == MediaChoice::automatic && libpmem_says_memory(fd));
  m.kind = memory ? MediumKind::memory : MediumKind::page_cache;
  Message text;
  text << path << ": medium " << m.name() << (synchronous ? " (MAP_SYNC)" : "") << ", verbs "
       << (memory ? m.verbs->name : "fdatasync");
  say(Level::info, text);
  *out = m;
  return kOk;
}

Status prepare_for_writing(const Medium &medium, BackingAddr begin, u64 bytes, int path_fd) {
  const u64 origin = kWorkingBase + kBackingDistance;
  const u64 first = (begin.value - origin) / kPageBytes;
  const u64 end = (begin.value + bytes - origin + kPageBytes - 1) / kPageBytes;
  const auto populate = [&](u64 from, u64 to) {
    return populate_for_writing(origin + from * kPageBytes, (to - from) * kPageBytes, path_fd);
  };
  // On an ordinary file system a block that is allocated today may have to be allocated anew tomorrow (copy
  // on write, reflinks), so ask each time: next to a sync it costs nothing.
  if (!medium.is_memory()) return populate(first, end);
  u8 *prepared = page_map();
  for (u64 page = first; page < end; ++page) {
    if (SNAPSHOT_LIKELY(prepared[page] != 0)) continue;
    u64 stop = page + 1;
    while (stop < end && prepared[stop] == 0) ++stop;
    if (Status s = populate(page, stop); !s.ok()) return s;
    for (u64 p = page; p < stop; ++p) prepared[p] = kPrepared;
    use_huge_pages(page, stop);
    page = stop;
  }
  return kOk;
}

Status prepare_for_reading(BackingAddr begin, u64 bytes) {
  const u64 first = round_down(begin.value, kPageBytes);
  const u64 end = round_up(begin.value + bytes, kPageBytes);
  for (;;) {
    const long result = sys::madvise(first, end - first, MADV_POPULATE_READ);
    if (!sys::failed(result)) return kOk;
    if (result == -EINTR || result == -EAGAIN) continue;
    return {result == -ENOMEM ? ENOMEM : EIO};
  }
}

}  // namespace snapshot
