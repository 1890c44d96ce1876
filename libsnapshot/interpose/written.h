// What an interposed function says after it has written through the program's pointer. Always after the write
// and before returning (design.md, "Mark after the store"); errno stays as it is. More than was written may
// be named, up to what the program owns: an unchanged line costs a copy, a forgotten one is a lost update.
#pragma once
#include "base/layout.h"

namespace snapshot {

inline void written(const volatile void *address, u64 bytes) {
  if (SNAPSHOT_UNLIKELY(in_working_range(address))) __snapshot_mark(address, bytes);
}

// After an error, anything in the buffer may have changed. How large it is, is what the program said; a
// program that knows that the text will fit may say any number.
inline u64 claimed(u64 count, u64 element_bytes) {
  constexpr u64 kBytesMax = u64{16} << 20;
  return count < kBytesMax / element_bytes ? count * element_bytes : kBytesMax;
}

// The object behind a pointer that may be null.
template <typename T>
inline void written_object(const T *object) {
  written(object, sizeof(T));
}

}  // namespace snapshot
