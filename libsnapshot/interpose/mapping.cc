// mmap, munmap, mremap, msync, mprotect and madvise: what lies in the working range is ours, the rest goes to
// the kernel.
#include <stdarg.h>

#include "api/range.h"
#include "base/syscall.h"
#include "interpose/edge.h"
#include "interpose/real.h"

using namespace snapshot;

namespace {

constexpr u64 kWorkingEnd = kWorkingBase + kRangeBytes;

bool meets_working_range(u64 address, u64 end) { return address < kWorkingEnd && end > kWorkingBase; }

void *kernel_mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset) {
  const long result =
      sys::mmap(reinterpret_cast<u64>(address), length, prot, flags, fd, static_cast<u64>(offset));
  return reinterpret_cast<void *>(edge(result));
}

bool is_shared(int flags) {
  return (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
}

bool is_fixed(int flags) { return (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0; }

// flags: mmap's. Who asks with MAP_FIXED_NOREPLACE wants to be told, not helped.
void *refuse_fixed(void *address, int flags, const char *what) {
  if ((flags & MAP_FIXED_NOREPLACE) != 0 && in_working_range(address))
    return reinterpret_cast<void *>(edge(Status{EEXIST}));
  Message m;
  m << "mmap with MAP_FIXED at ";
  m.hex(reinterpret_cast<u64>(address)) << ": " << what;
  return reinterpret_cast<void *>(edge(fail(EINVAL, m)));
}

// A managed file has one address for each of its bytes, and the program cannot choose it.
void *check_fixed(void *wanted, void *given, int flags, size_t length) {
  if (!is_fixed(flags) || wanted == given) return given;
  const u64 begin = reinterpret_cast<u64>(given);
  (void)unmap_pages(begin, begin + round_up(length, kPageBytes));
  return refuse_fixed(wanted, flags,
                      "Snapshot chooses the address of a managed file; map it without MAP_FIXED, or exclude "
                      "it with SNAPSHOT_IGNORE");
}

// A read-only mapping shows the program's own uncommitted stores if the file is managed already.
bool find_candidate(int prot, int fd, Candidate *candidate, Status *status) {
  bool managed = false;
  *status = kOk;
  if ((prot & PROT_WRITE) != 0) {
    *status = consider(fd, candidate, &managed);
    return managed;
  }
  RegisteredFile *file;
  *status = file_by_fd(fd, &file);
  if (file == nullptr) return false;
  candidate->fd = fd;
  candidate->key = file->key;
  candidate->size = 0;
  return true;
}

void *map(void *address, size_t length, int prot, int flags, int fd, off_t offset) {
  const u64 begin = reinterpret_cast<u64>(address);
  const bool plain = !is_shared(flags) || (flags & MAP_ANONYMOUS) != 0 || fd < 0 || length == 0 ||
                     offset < 0 || static_cast<u64>(offset) % kPageBytes != 0 || length > kRangeBytes ||
                     ((prot & PROT_WRITE) == 0 && !any_managed());
  Candidate candidate;
  Status status;
  if (plain || !find_candidate(prot, fd, &candidate, &status)) {
    if (!status.ok()) return reinterpret_cast<void *>(edge(status));
    if (is_fixed(flags) && any_managed() && meets_working_range(begin, begin + length))
      return refuse_fixed(address, flags, "the address belongs to Snapshot's working range; choose another");
    return kernel_mmap(address, length, prot, flags, fd, offset);
  }
  void *mapped = nullptr;
  status = map_file(candidate, static_cast<u64>(offset), round_up(length, kPageBytes), &mapped);
  // Read-only, and closed by another thread since it was looked up.
  if (status.error == ENOENT && !candidate.may_open)
    return kernel_mmap(address, length, prot, flags, fd, offset);
  if (!status.ok()) return reinterpret_cast<void *>(edge(status));
  return check_fixed(address, mapped, flags, length);
}

// The parts of a range below and above the working range go to the kernel, the part inside to ours.
template <typename Ours, typename Kernels>
long for_parts(u64 address, u64 end, Ours ours, Kernels kernels) {
  long result = 0;
  auto keep_first = [&result](long r) {
    if (result == 0) result = r;
  };
  if (address < kWorkingBase) keep_first(kernels(address, min_u64(end, kWorkingBase)));
  const u64 from = max_u64(address, kWorkingBase), to = min_u64(end, kWorkingEnd);
  if (from < to) keep_first(-ours(from, to).error);
  if (end > kWorkingEnd) keep_first(kernels(max_u64(address, kWorkingEnd), end));
  return result;
}

// Younger than the headers of Debian 12: MADV_DONTNEED_LOCKED, MADV_COLLAPSE.
constexpr int kAdviceDontneedLocked = 24, kAdviceCollapse = 25;

// To the kernel the working copy is private memory, the program's only copy of what it has stored; to the
// program it is a shared mapping of a file, whose pages come back from the file. So advice that drops pages
// is heard and not followed, and what the kernel would not do to a mapping of a file, or what is not known
// here, is refused as the kernel refuses it.
long advise(u64 begin, u64 length, int advice) {
  const u64 end = begin + round_up(length, kPageBytes);
  if (begin % kPageBytes != 0 || end < begin) return -EINVAL;
  switch (advice) {
    case MADV_DONTNEED:
    case kAdviceDontneedLocked:
    case MADV_COLD:
    case MADV_PAGEOUT:
      return length == 0 || is_managed(begin, end - begin) ? 0 : -ENOMEM;
    case MADV_REMOVE:
      return -clear_pages(begin, end).error;
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_KEEPONFORK:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
    case kAdviceCollapse:
      return sys::madvise(begin, length, advice);
    default:
      return -EINVAL;
  }
}

// The kernel does it; but whoever commits, or reads and writes the file by a descriptor, must know.
long protect(u64 begin, u64 length, int protection, int key) {
  const u64 end = begin + round_up(length, kPageBytes);
  // A key's rights are each thread's own, and change without a call.
  const bool readable = key <= 0 && (protection & (PROT_READ | PROT_WRITE)) != 0;
  const bool writable = key <= 0 && (protection & PROT_WRITE) != 0;
  if (!writable && end > begin && meets_working_range(begin, end) && any_managed()) {
    const Status s = restrict_pages(max_u64(begin, kWorkingBase), min_u64(end, kWorkingEnd), readable);
    if (!s.ok()) return -s.error;
  }
  if (key < 0) return sys::mprotect(begin, length, protection);
  return sys::call(SYS_pkey_mprotect, static_cast<long>(begin), static_cast<long>(length), protection, key);
}

}  // namespace

SNAPSHOT_EXPORT void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset) noexcept {
  return map(address, length, prot, flags, fd, offset);
}
SNAPSHOT_EXPORT void *mmap64(void *address, size_t length, int prot, int flags, int fd,
                             off64_t offset) noexcept {
  return map(address, length, prot, flags, fd, offset);
}

SNAPSHOT_EXPORT int munmap(void *address, size_t length) noexcept {
  const u64 begin = reinterpret_cast<u64>(address), end = begin + round_up(length, kPageBytes);
  if (!meets_working_range(begin, end) || begin % kPageBytes != 0 || end <= begin)
    return static_cast<int>(edge(sys::munmap(begin, length)));
  return static_cast<int>(edge(
      for_parts(begin, end, unmap_pages, [](u64 from, u64 to) { return sys::munmap(from, to - from); })));
}

SNAPSHOT_SLOW_PATH int msync_in_general(u64 begin, size_t length, int flags) {
  const u64 end = begin + round_up(length, kPageBytes);
  const bool known_flags = (flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) == 0 &&
                           (flags & (MS_ASYNC | MS_SYNC)) != (MS_ASYNC | MS_SYNC);
  // Errors, too, are best had from the kernel.
  if (!meets_working_range(begin, end) || begin % kPageBytes != 0 || end <= begin || !known_flags)
    return static_cast<int>(edge(sys::msync(begin, length, flags)));
  const Durability durability = (flags & MS_ASYNC) != 0 ? Durability::later : Durability::now;
  const auto ours = [durability](u64 from, u64 to) { return sync_pages(from, to, durability); };
  return static_cast<int>(edge(
      for_parts(begin, end, ours, [flags](u64 from, u64 to) { return sys::msync(from, to - from, flags); })));
}

SNAPSHOT_EXPORT int msync(void *address, size_t length, int flags) {
  const u64 begin = reinterpret_cast<u64>(address), offset = begin - kWorkingBase;
  // A length of 0 makes the difference wrap, as an address below the range does.
  if (SNAPSHOT_LIKELY(offset < kRangeBytes && length - 1 < kRangeBytes - offset && begin % kPageBytes == 0 &&
                      flags == MS_SYNC))
    return static_cast<int>(edge(sync_pages(begin, begin + round_up(length, kPageBytes), Durability::now)));
  return msync_in_general(begin, length, flags);
}

SNAPSHOT_EXPORT void *mremap(void *address, size_t old_length, size_t new_length, int flags, ...) noexcept {
  va_list arguments;
  va_start(arguments, flags);
  void *wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(arguments, void *) : nullptr;
  va_end(arguments);
  RegisteredFile *file = file_at(reinterpret_cast<u64>(address));
  const u64 target = reinterpret_cast<u64>(wanted);
  if (file == nullptr) {
    if (any_managed() && meets_working_range(target, target + new_length))
      return refuse_fixed(wanted, 0, "the address belongs to Snapshot's working range; choose another");
    return reinterpret_cast<void *>(
        edge(sys::call(SYS_mremap, sys::as_long(address), static_cast<long>(old_length),
                       static_cast<long>(new_length), flags, sys::as_long(wanted))));
  }
  const u64 offset = reinterpret_cast<u64>(address) - file->base().value;
  if (offset % kPageBytes != 0 || new_length == 0) return reinterpret_cast<void *>(edge(Status{EINVAL}));
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0)
    return refuse_fixed(wanted, 0, "Snapshot does not move a managed file; call mremap without MREMAP_FIXED");
  const u64 new_end = offset + round_up(new_length, kPageBytes);
  const Status s = old_length == 0
                       ? map_part_again(*file, {offset, new_end})
                       : remap_part(*file, {offset, offset + round_up(old_length, kPageBytes)}, new_end);
  return s.ok() ? address : reinterpret_cast<void *>(edge(s));
}

SNAPSHOT_EXPORT int mprotect(void *address, size_t length, int protection) noexcept {
  return static_cast<int>(edge(protect(reinterpret_cast<u64>(address), length, protection, -1)));
}
SNAPSHOT_EXPORT int pkey_mprotect(void *address, size_t length, int protection, int key) noexcept {
  return static_cast<int>(edge(protect(reinterpret_cast<u64>(address), length, protection, key)));
}

SNAPSHOT_EXPORT int madvise(void *address, size_t length, int advice) noexcept {
  if (SNAPSHOT_LIKELY(!in_working_range(address)))
    return static_cast<int>(edge(sys::madvise(reinterpret_cast<u64>(address), length, advice)));
  return static_cast<int>(edge(advise(reinterpret_cast<u64>(address), length, advice)));
}
SNAPSHOT_EXPORT int posix_madvise(void *address, size_t length, int advice) noexcept {
  if (in_working_range(address) && advice == POSIX_MADV_DONTNEED) return 0;
  // glibc, too, ignores DONTNEED, whose Linux meaning destroys data.
  if (advice == POSIX_MADV_DONTNEED) return 0;
  const long result = sys::madvise(reinterpret_cast<u64>(address), length, advice);
  return sys::failed(result) ? static_cast<int>(-result) : 0;
}
