// mem*: the functions of <string.h> that write a counted number of bytes. Hot, async-signal-safe, and called
// before anything is initialised: see stub.h.
//
// memcpy stands in for both of glibc's: memcpy@GLIBC_2.2.5 allowed overlaps and old binaries rely on it, so
// what is behind it is memmove (in glibc 2.36 the same code in any case).
#include "interpose/memory.h"

#include <string.h>
#include <strings.h>

#include "interpose/written.h"

namespace snapshot {
// Before the constructor has run.
void *plain_memmove(void *to, const void *from, size_t n) noexcept {
  if (reinterpret_cast<u64>(to) - reinterpret_cast<u64>(from) >= n) {
    copy_bytes(to, from, n);
  } else {
    auto *t = static_cast<u8 *>(to);
    auto *f = static_cast<const u8 *>(from);
    while (n-- > 0) t[n] = f[n];
  }
  return to;
}
void *plain_memset(void *to, int byte, size_t n) noexcept {
  fill_bytes(to, static_cast<u8>(byte), n);
  return to;
}

namespace {

void *plain_memccpy(void *to, const void *from, int stop, size_t n) noexcept {
  auto *t = static_cast<u8 *>(to);
  auto *f = static_cast<const u8 *>(from);
  for (size_t i = 0; i < n; ++i)
    if ((t[i] = f[i]) == static_cast<u8>(stop)) return t + i + 1;
  return nullptr;
}
void *plain_memfrob(void *to, size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) static_cast<u8 *>(to)[i] ^= 42;
  return to;
}

void *slow_memmove(void *to, const void *from, size_t n) noexcept {
  real_or<"memmove">(plain_memmove)(to, from, n);
  written(to, n);
  return to;
}
void *slow_mempcpy(void *to, const void *from, size_t n) noexcept {
  slow_memmove(to, from, n);
  return static_cast<u8 *>(to) + n;
}
void *slow_memset(void *to, int byte, size_t n) noexcept {
  real_or<"memset">(plain_memset)(to, byte, n);
  written(to, n);
  return to;
}
void *slow_memccpy(void *to, const void *from, int stop, size_t n) noexcept {
  void *end = real_or<"memccpy">(plain_memccpy)(to, from, stop, n);
  written(to, end != nullptr ? static_cast<u64>(static_cast<u8 *>(end) - static_cast<u8 *>(to)) : n);
  return end;
}
void slow_bcopy(const void *from, void *to, size_t n) noexcept { slow_memmove(to, from, n); }
void slow_bzero(void *to, size_t n) noexcept { slow_memset(to, 0, n); }
void *slow_memfrob(void *to, size_t n) noexcept {
  real_or<"memfrob">(plain_memfrob)(to, n);
  written(to, n);
  return to;
}

// Fortified: `size` is what the compiler knows of the destination. Too long is libc's to report, by calling
// the real function; before it is known, there is nothing to report with.
void *slow_memmove_chk(void *to, const void *from, size_t n, size_t size) noexcept {
  if (n > size) return real_like<"__memmove_chk">(slow_memmove_chk)(to, from, n, size);
  return slow_memmove(to, from, n);
}
void *slow_mempcpy_chk(void *to, const void *from, size_t n, size_t size) noexcept {
  if (n > size) return real_like<"__mempcpy_chk">(slow_mempcpy_chk)(to, from, n, size);
  return slow_mempcpy(to, from, n);
}
void *slow_memset_chk(void *to, int byte, size_t n, size_t size) noexcept {
  if (n > size) return real_like<"__memset_chk">(slow_memset_chk)(to, byte, n, size);
  return slow_memset(to, byte, n);
}
void slow_explicit_bzero_chk(void *to, size_t n, size_t size) noexcept {
  if (n > size) return real_like<"__explicit_bzero_chk">(slow_explicit_bzero_chk)(to, n, size);
  slow_bzero(to, n);
}

}  // namespace

SNAPSHOT_STUB_TO("memmove", void *, memcpy, (void *, const void *, size_t) noexcept, "rdi", slow_memmove);
SNAPSHOT_STUB(void *, memmove, (void *, const void *, size_t) noexcept, "rdi", slow_memmove);
SNAPSHOT_STUB(void *, mempcpy, (void *, const void *, size_t) noexcept, "rdi", slow_mempcpy);
SNAPSHOT_STUB(void *, __mempcpy, (void *, const void *, size_t) noexcept, "rdi", slow_mempcpy);
SNAPSHOT_STUB(void *, memset, (void *, int, size_t) noexcept, "rdi", slow_memset);
SNAPSHOT_STUB(void *, memccpy, (void *, const void *, int, size_t) noexcept, "rdi", slow_memccpy);
SNAPSHOT_STUB(void *, memfrob, (void *, size_t) noexcept, "rdi", slow_memfrob);
SNAPSHOT_STUB(void, bcopy, (const void *, void *, size_t) noexcept, "rsi", slow_bcopy);
SNAPSHOT_STUB(void, bzero, (void *, size_t) noexcept, "rdi", slow_bzero);
SNAPSHOT_STUB(void, __bzero, (void *, size_t) noexcept, "rdi", slow_bzero);
SNAPSHOT_STUB(void, explicit_bzero, (void *, size_t) noexcept, "rdi", slow_bzero);

SNAPSHOT_STUB_TO("__memmove_chk", void *, __memcpy_chk, (void *, const void *, size_t, size_t) noexcept,
                 "rdi", slow_memmove_chk);
SNAPSHOT_STUB(void *, __memmove_chk, (void *, const void *, size_t, size_t) noexcept, "rdi",
              slow_memmove_chk);
SNAPSHOT_STUB(void *, __mempcpy_chk, (void *, const void *, size_t, size_t) noexcept, "rdi",
              slow_mempcpy_chk);
SNAPSHOT_STUB(void *, __memset_chk, (void *, int, size_t, size_t) noexcept, "rdi", slow_memset_chk);
SNAPSHOT_STUB(void, __explicit_bzero_chk, (void *, size_t, size_t) noexcept, "rdi", slow_explicit_bzero_chk);

}  // namespace snapshot
