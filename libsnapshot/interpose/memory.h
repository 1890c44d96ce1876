// memmove, memset and strlen for the slow paths of this folder: libc's once they are known, plain loops
// before.
#pragma once
#include <wchar.h>

#include "interpose/stub.h"

namespace snapshot {

void *plain_memmove(void *to, const void *from, size_t n) noexcept;
void *plain_memset(void *to, int byte, size_t n) noexcept;

template <typename Char>
size_t plain_length(const Char *s) noexcept {
  size_t n = 0;
  while (s[n] != 0) ++n;
  return n;
}

// Elements, bytes or wide characters.
template <typename Char>
inline void move(Char *to, const Char *from, size_t n) {
  real_or<"memmove">(plain_memmove)(to, from, n * sizeof(Char));
}
inline size_t length(const char *s) { return real_or<"strlen">(plain_length<char>)(s); }
inline size_t length(const wchar_t *s) { return real_or<"wcslen">(plain_length<wchar_t>)(s); }

// At most n elements are looked at.
template <typename Char>
inline size_t length_at_most(const Char *s, size_t n) {
  size_t i = 0;
  while (i < n && s[i] != 0) ++i;
  return i;
}

}  // namespace snapshot
