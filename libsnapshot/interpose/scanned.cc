#include "interpose/scanned.h"

#include <stdint.h>

#include "interpose/writer.h"

namespace snapshot {
namespace {

// One conversion: %[n$][*][m][width][length]letter
struct Conversion {
  unsigned position = 0;  // n of n$, counted from 1; 0: the next argument
  bool suppressed = false, allocates = false;
  u64 width = 0;  // 0: none
  char length[2] = {};
  char letter = 0;
};

template <typename Char>
u64 number(const Char *&at) {
  u64 n = 0;
  for (; *at >= '0' && *at <= '9'; ++at)
    if (n < (u64{1} << 32)) n = n * 10 + static_cast<u64>(*at - '0');
  return n;
}

// Past the set of %[...]. A ']' that comes first belongs to it.
template <typename Char>
void skip_set(const Char *&at) {
  if (*at == '^') ++at;
  if (*at == ']') ++at;
  while (*at != 0 && *at != ']') ++at;
  if (*at == ']') ++at;
}

// `at` is behind the '%'.
template <typename Char>
Conversion parse(const Char *&at) {
  Conversion c;
  const Char *begin = at;
  if (const u64 n = number(at); n > 0 && *at == '$') {
    c.position = static_cast<unsigned>(n);
    ++at;
  } else {
    at = begin;
  }
  for (; *at == '*' || *at == '\'' || *at == 'I'; ++at) c.suppressed |= *at == '*';
  c.width = number(at);
  if (*at == 'm') {
    c.allocates = true;
    ++at;
  }
  for (unsigned i = 0; i < 2 && (*at == 'h' || *at == 'l' || *at == 'L' || *at == 'q' || *at == 'j' ||
                                 *at == 'z' || *at == 'Z' || *at == 't');
       ++i)
    c.length[i] = static_cast<char>(*at++);
  if (*at == 0) return c;
  c.letter = static_cast<char>(*at++);
  if (c.letter == '[') skip_set(at);
  return c;
}

u64 whole_bytes(const Conversion &c) {
  switch (c.length[0]) {
    case 'h':
      return c.length[1] == 'h' ? sizeof(char) : sizeof(short);
    case 'l':
    case 'L':
    case 'q':
    case 'j':
    case 'z':
    case 'Z':
    case 't':
      return 8;
    default:
      return sizeof(int);
  }
}

u64 real_bytes(const Conversion &c) {
  if (c.length[0] == 'L' || (c.length[0] == 'l' && c.length[1] == 'l')) return sizeof(long double);
  return c.length[0] == 'l' ? sizeof(double) : sizeof(float);
}

// Text: what is there to its zero after success; else what the width allows.
template <typename Char>
void mark_text(const Conversion &c, const Char *to, bool done) {
  if (c.letter == 'c' || c.letter == 'C')
    items(to, c.width > 0 ? c.width : 1);
  else if (done)
    text(to);
  else
    items(to, c.width > 0 ? c.width + 1 : 1);
}

void mark_conversion(const Conversion &c, const void *to, bool done) {
  if (SNAPSHOT_LIKELY(!in_working_range(to))) return;
  switch (c.letter) {
    case 's':
    case 'S':
    case 'c':
    case 'C':
    case '[':
      if (c.allocates) return written(to, sizeof(char *));
      if (c.letter == 'S' || c.letter == 'C' || c.length[0] == 'l')
        return mark_text(c, static_cast<const wchar_t *>(to), done);
      return mark_text(c, static_cast<const char *>(to), done);
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return written(to, real_bytes(c));
    case 'p':
      return written(to, sizeof(void *));
    default:
      return written(to, whole_bytes(c));
  }
}

// The n-th pointer, from 1.
const void *pointer_at(va_list arguments, unsigned n) {
  va_list copy;
  va_copy(copy, arguments);
  const void *pointer = nullptr;
  while (n-- > 0) pointer = va_arg(copy, void *);
  va_end(copy);
  return pointer;
}

}  // namespace

template <typename Char>
void scanned(const Char *format, va_list arguments, int assigned) {
  if (assigned < 0) assigned = 0;  // the end of the input may have come inside the first
  unsigned next = 0;
  // The conversion in which the input failed is the first that was not counted.
  for (int counted = 0; *format != 0 && counted <= assigned;) {
    if (*format++ != '%') continue;
    const Conversion c = parse(format);
    if (c.letter == 0) return;
    if (c.suppressed || c.letter == '%') continue;
    const unsigned position = c.position != 0 ? c.position : ++next;
    const bool done = counted < assigned;
    mark_conversion(c, pointer_at(arguments, position), done);
    // %n counts for nothing, and comes after what has been read.
    if (c.letter != 'n') ++counted;
  }
}

template void scanned(const char *, va_list, int);
template void scanned(const wchar_t *, va_list, int);

}  // namespace snapshot
