#include "commit/working_copy.h"

#include "base/syscall.h"
#include "platform/protected_memory.h"

namespace snapshot {
namespace {

void make_accessible(const u8 *begin, u64 bytes) {
  const u64 first = round_down(reinterpret_cast<u64>(begin), kPageBytes);
  const u64 end = round_up(reinterpret_cast<u64>(begin) + bytes, kPageBytes);
  (void)sys::mprotect(first, end - first, PROT_READ | PROT_WRITE);
}

}  // namespace

void read_restricted(u8 *to, const u8 *from, u64 bytes) {
  if (read_protected(to, reinterpret_cast<u64>(from), bytes).ok()) return;
  make_accessible(from, bytes);
  copy_bytes(to, from, bytes);
}

void write_restricted(u8 *to, const u8 *from, u64 bytes) {
  alignas(64) static constexpr u8 kZeros[kPageBytes] = {};
  const u64 piece = from == nullptr ? kPageBytes : bytes;
  for (u64 done = 0; done < bytes;) {
    const u64 n = min_u64(bytes - done, piece);
    const u8 *source = from == nullptr ? kZeros : from;
    if (!write_protected(reinterpret_cast<u64>(to + done), source, n).ok()) {
      make_accessible(to + done, n);
      copy_bytes(to + done, source, n);
    }
    done += n;
  }
}

// madvise(2), MADV_COLLAPSE: other threads see nothing of it. Advised as well, since there may be advice
// against it.
void use_huge_pages(const ManagedFile &file, WorkingAddr begin, u64 bytes) {
  const u64 first = file.base().value + file.anonymous_begin, end = file.base().value + file.anonymous_end;
  for (u64 huge = round_down(begin.value, kHugeBytes); huge < begin.value + bytes; huge += kHugeBytes) {
    if (huge < first || huge + kHugeBytes > end) continue;
    if (!is_newly_full(backing_of({huge}), kWorkingAsked)) continue;
    (void)sys::madvise(huge, kHugeBytes, MADV_HUGEPAGE);
    (void)sys::madvise(huge, kHugeBytes, MADV_COLLAPSE);
  }
}

}  // namespace snapshot
