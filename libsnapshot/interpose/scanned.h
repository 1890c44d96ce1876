// What a scanf has stored, found by reading its format once more.
#pragma once
#include <stdarg.h>
#include <stddef.h>

namespace snapshot {

// Marks what the conversions of `format` have stored through `arguments` when scanf has answered `assigned`.
// All arguments of scanf are pointers. Where the input failed inside a conversion, what that one may have
// stored is marked as well; the pointers behind it were not used.
template <typename Char>
void scanned(const Char *format, va_list arguments, int assigned);

extern template void scanned(const char *, va_list, int);
extern template void scanned(const wchar_t *, va_list, int);

}  // namespace snapshot
