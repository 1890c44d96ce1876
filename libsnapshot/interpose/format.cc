// Formatted output into the program's buffer: the sprintf family. %n is not followed.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "interpose/memory.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

// sprintf's answer does not count the terminator. After an error (a character that cannot be encoded, no
// memory) libc has still terminated what it had written by then.
int written_unbounded(char *to, int result) {
  if (SNAPSHOT_UNLIKELY(in_working_range(to)))
    written(to, (result >= 0 ? static_cast<u64>(result) : length(to)) + 1);
  return result;
}
// snprintf's answer is what it would have liked to write, swprintf's is an error if that does not fit.
template <typename Char>
int written_bounded(Char *to, int result, size_t n) {
  written(to,
          result >= 0 ? min_u64(static_cast<u64>(result) + 1, n) * sizeof(Char) : claimed(n, sizeof(Char)));
  return result;
}

int slow_vsprintf(char *to, const char *format, va_list arguments) noexcept {
  return written_unbounded(to, SNAPSHOT_REAL(vsprintf)(to, format, arguments));
}
int slow_sprintf(char *to, const char *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = slow_vsprintf(to, format, arguments);
  va_end(arguments);
  return result;
}
int slow_vsnprintf(char *to, size_t n, const char *format, va_list arguments) noexcept {
  return written_bounded(to, SNAPSHOT_REAL(vsnprintf)(to, n, format, arguments), n);
}
int slow_snprintf(char *to, size_t n, const char *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = slow_vsnprintf(to, n, format, arguments);
  va_end(arguments);
  return result;
}
int slow_vswprintf(wchar_t *to, size_t n, const wchar_t *format, va_list arguments) noexcept {
  return written_bounded(to, SNAPSHOT_REAL(vswprintf)(to, n, format, arguments), n);
}
int slow_swprintf(wchar_t *to, size_t n, const wchar_t *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = slow_vswprintf(to, n, format, arguments);
  va_end(arguments);
  return result;
}

// Fortified: `flag` asks for checks of the format, `size` is the destination's.
int slow_vsprintf_chk(char *to, int flag, size_t size, const char *format, va_list arguments) noexcept {
  return written_unbounded(to,
                           real_like<"__vsprintf_chk">(slow_vsprintf_chk)(to, flag, size, format, arguments));
}
int slow_sprintf_chk(char *to, int flag, size_t size, const char *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = slow_vsprintf_chk(to, flag, size, format, arguments);
  va_end(arguments);
  return result;
}
int slow_vsnprintf_chk(char *to, size_t n, int flag, size_t size, const char *format,
                       va_list arguments) noexcept {
  return written_bounded(
      to, real_like<"__vsnprintf_chk">(slow_vsnprintf_chk)(to, n, flag, size, format, arguments), n);
}
int slow_snprintf_chk(char *to, size_t n, int flag, size_t size, const char *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = slow_vsnprintf_chk(to, n, flag, size, format, arguments);
  va_end(arguments);
  return result;
}
int slow_vswprintf_chk(wchar_t *to, size_t n, int flag, size_t size, const wchar_t *format,
                       va_list arguments) noexcept {
  return written_bounded(
      to, real_like<"__vswprintf_chk">(slow_vswprintf_chk)(to, n, flag, size, format, arguments), n);
}
int slow_swprintf_chk(wchar_t *to, size_t n, int flag, size_t size, const wchar_t *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = slow_vswprintf_chk(to, n, flag, size, format, arguments);
  va_end(arguments);
  return result;
}

int slow_strfromd(char *to, size_t n, const char *format, double value) noexcept {
  return written_bounded(to, SNAPSHOT_REAL(strfromd)(to, n, format, value), n);
}
int slow_strfromf(char *to, size_t n, const char *format, float value) noexcept {
  return written_bounded(to, SNAPSHOT_REAL(strfromf)(to, n, format, value), n);
}
int slow_strfroml(char *to, size_t n, const char *format, long double value) noexcept {
  return written_bounded(to, SNAPSHOT_REAL(strfroml)(to, n, format, value), n);
}

}  // namespace

SNAPSHOT_STUB(int, sprintf, (char *, const char *, ...) noexcept, "rdi", slow_sprintf);
SNAPSHOT_STUB(int, vsprintf, (char *, const char *, va_list) noexcept, "rdi", slow_vsprintf);
SNAPSHOT_STUB(int, _IO_sprintf, (char *, const char *, ...) noexcept, "rdi", slow_sprintf);
SNAPSHOT_STUB(int, _IO_vsprintf, (char *, const char *, va_list) noexcept, "rdi", slow_vsprintf);
SNAPSHOT_STUB(int, snprintf, (char *, size_t, const char *, ...) noexcept, "rdi", slow_snprintf);
SNAPSHOT_STUB(int, vsnprintf, (char *, size_t, const char *, va_list) noexcept, "rdi", slow_vsnprintf);
SNAPSHOT_STUB(int, __snprintf, (char *, size_t, const char *, ...) noexcept, "rdi", slow_snprintf);
SNAPSHOT_STUB(int, __vsnprintf, (char *, size_t, const char *, va_list) noexcept, "rdi", slow_vsnprintf);
SNAPSHOT_STUB(int, swprintf, (wchar_t *, size_t, const wchar_t *, ...) noexcept, "rdi", slow_swprintf);
SNAPSHOT_STUB(int, vswprintf, (wchar_t *, size_t, const wchar_t *, va_list) noexcept, "rdi", slow_vswprintf);

SNAPSHOT_STUB(int, __sprintf_chk, (char *, int, size_t, const char *, ...) noexcept, "rdi", slow_sprintf_chk);
SNAPSHOT_STUB(int, __vsprintf_chk, (char *, int, size_t, const char *, va_list) noexcept, "rdi",
              slow_vsprintf_chk);
SNAPSHOT_STUB(int, __snprintf_chk, (char *, size_t, int, size_t, const char *, ...) noexcept, "rdi",
              slow_snprintf_chk);
SNAPSHOT_STUB(int, __vsnprintf_chk, (char *, size_t, int, size_t, const char *, va_list) noexcept, "rdi",
              slow_vsnprintf_chk);
SNAPSHOT_STUB(int, __swprintf_chk, (wchar_t *, size_t, int, size_t, const wchar_t *, ...) noexcept, "rdi",
              slow_swprintf_chk);
SNAPSHOT_STUB(int, __vswprintf_chk, (wchar_t *, size_t, int, size_t, const wchar_t *, va_list) noexcept,
              "rdi", slow_vswprintf_chk);

SNAPSHOT_STUB(int, strfromd, (char *, size_t, const char *, double) noexcept, "rdi", slow_strfromd);
SNAPSHOT_STUB(int, strfromf, (char *, size_t, const char *, float) noexcept, "rdi", slow_strfromf);
SNAPSHOT_STUB(int, strfroml, (char *, size_t, const char *, long double) noexcept, "rdi", slow_strfroml);

}  // namespace snapshot
