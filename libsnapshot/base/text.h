// A fixed-size line of text, built piece by piece: no allocation, no libc, safe anywhere. What does not fit
// is cut.
#pragma once
#include "base/bytes.h"
#include "base/layout.h"

namespace snapshot {

template <u64 Capacity>
class Text {
 public:
  Text &operator<<(const char *s) {
    while (*s != 0 && length_ + 1 < Capacity) buffer_[length_++] = *s++;
    buffer_[length_] = 0;
    return *this;
  }
  Text &operator<<(u64 value) {
    char digits[24];
    unsigned n = sizeof digits;
    digits[--n] = 0;
    do digits[--n] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    return *this << &digits[n];
  }
  Text &operator<<(int value) {
    if (value < 0) return *this << "-" << static_cast<u64>(-static_cast<long long>(value));
    return *this << static_cast<u64>(value);
  }
  Text &operator<<(u32 value) { return *this << u64{value}; }
  Text &hex(u64 value) {
    *this << "0x";
    unsigned shift = 60;
    while (shift > 0 && (value >> shift) == 0) shift -= 4;
    for (;; shift -= 4) {
      char digit[2] = {"0123456789abcdef"[(value >> shift) & 15], 0};
      *this << digit;
      if (shift == 0) return *this;
    }
  }
  void clear() { buffer_[length_ = 0] = 0; }
  // The whole text fitted; false also when it is exactly full, which callers treat as too long.
  bool complete() const { return length_ + 1 < Capacity; }
  const char *c_str() const { return buffer_; }
  u64 size() const { return length_; }

 private:
  u64 length_ = 0;
  char buffer_[Capacity] = {};
};

}  // namespace snapshot
