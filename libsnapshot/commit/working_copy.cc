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

}  // namespace snapshot
