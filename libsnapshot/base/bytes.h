// Copying and clearing bytes without calling libc: libsnapshot itself provides memcpy and memset to the
// program, and must never call what it interposes.
#pragma once
#include "base/layout.h"

namespace snapshot {

inline void copy_bytes(void *to, const void *from, u64 count) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

inline void fill_bytes(void *to, u8 value, u64 count) {
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

// One line. Other threads may be storing to it: every aligned word is read once, and which of the concurrent
// stores the copy shows does not matter (they mark their line again; design.md, "false sharing").
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
__attribute__((no_sanitize("thread")))
#endif
#endif
inline void
copy_line(void *to, const void *from) {
  typedef long long Vector __attribute__((vector_size(16), may_alias));
  auto *t = static_cast<volatile Vector *>(to);
  auto *f = static_cast<const volatile Vector *>(from);
  Vector a = f[0], b = f[1], c = f[2], d = f[3];
  t[0] = a;
  t[1] = b;
  t[2] = c;
  t[3] = d;
}

inline void copy_lines(u8 *to, const u8 *from, u64 count) {
  for (const u8 *end = from + count * kLineBytes; from != end; from += kLineBytes, to += kLineBytes)
    copy_line(to, from);
}

inline u64 length_of(const char *s) {
  u64 n = 0;
  while (s[n] != 0) ++n;
  return n;
}

inline bool equal_text(const char *a, const char *b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

// Whether two equally long ranges hold the same bytes.
inline bool equal_bytes(const void *a, const void *b, u64 count) {
  bool equal = true;
  // repe cmpsb leaves ZF as it was for count 0, so clear the question first.
  if (count == 0) return true;
  __asm__ volatile("repe cmpsb" : "+S"(a), "+D"(b), "+c"(count), "=@ccz"(equal) : : "memory");
  return equal;
}

inline bool all_zero(const void *p, u64 bytes) {
  const u8 *byte = static_cast<const u8 *>(p);
  for (u64 i = 0; i < bytes; ++i)
    if (byte[i] != 0) return false;
  return true;
}

}  // namespace snapshot
