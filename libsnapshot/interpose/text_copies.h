// The slow paths of str* and wcs*, which differ in the size of a character only. They know how much they
// write without asking libc, need only memmove from it, and so work before anything is initialised.
//
// kReal names libc's fortified function, which reports a destination (of `size` characters) that is too
// small.
#pragma once
#include "interpose/memory.h"
#include "interpose/written.h"

namespace snapshot {

// strcpy: the end of the copy, its terminator.
template <typename Char>
Char *copy_text_end(Char *to, const Char *from) noexcept {
  const size_t n = length(from);
  move(to, from, n + 1);
  written(to, (n + 1) * sizeof(Char));
  return to + n;
}
template <typename Char>
Char *copy_text(Char *to, const Char *from) noexcept {
  copy_text_end(to, from);
  return to;
}

// strncpy: exactly n characters, filled up with zeros. Returns the first zero, or to + n.
template <typename Char>
Char *copy_padded_end(Char *to, const Char *from, size_t n) noexcept {
  const size_t copied = length_at_most(from, n);
  move(to, from, copied);
  real_or<"memset">(plain_memset)(to + copied, 0, (n - copied) * sizeof(Char));
  written(to, n * sizeof(Char));
  return to + copied;
}
template <typename Char>
Char *copy_padded(Char *to, const Char *from, size_t n) noexcept {
  copy_padded_end(to, from, n);
  return to;
}

template <typename Char>
Char *append(Char *to, const Char *from) noexcept {
  copy_text_end(to + length(to), from);
  return to;
}
template <typename Char>
Char *append_at_most(Char *to, const Char *from, size_t n) noexcept {
  Char *end = to + length(to);
  const size_t copied = length_at_most(from, n);
  move(end, from, copied);
  end[copied] = 0;
  written(end, (copied + 1) * sizeof(Char));
  return to;
}

template <typename Char, FunctionName kReal>
Char *copy_text_checked(Char *to, const Char *from, size_t size) noexcept {
  if (length(from) >= size) return real_like<kReal>(copy_text_checked<Char, kReal>)(to, from, size);
  return copy_text(to, from);
}
template <typename Char, FunctionName kReal>
Char *copy_text_end_checked(Char *to, const Char *from, size_t size) noexcept {
  if (length(from) >= size) return real_like<kReal>(copy_text_end_checked<Char, kReal>)(to, from, size);
  return copy_text_end(to, from);
}
template <typename Char, FunctionName kReal>
Char *copy_padded_checked(Char *to, const Char *from, size_t n, size_t size) noexcept {
  if (n > size) return real_like<kReal>(copy_padded_checked<Char, kReal>)(to, from, n, size);
  return copy_padded(to, from, n);
}
template <typename Char, FunctionName kReal>
Char *copy_padded_end_checked(Char *to, const Char *from, size_t n, size_t size) noexcept {
  if (n > size) return real_like<kReal>(copy_padded_end_checked<Char, kReal>)(to, from, n, size);
  return copy_padded_end(to, from, n);
}
template <typename Char, FunctionName kReal>
Char *append_checked(Char *to, const Char *from, size_t size) noexcept {
  if (length_at_most(to, size) + length(from) >= size)
    return real_like<kReal>(append_checked<Char, kReal>)(to, from, size);
  return append(to, from);
}
template <typename Char, FunctionName kReal>
Char *append_at_most_checked(Char *to, const Char *from, size_t n, size_t size) noexcept {
  if (length_at_most(to, size) + length_at_most(from, n) >= size)
    return real_like<kReal>(append_at_most_checked<Char, kReal>)(to, from, n, size);
  return append_at_most(to, from, n);
}

}  // namespace snapshot
