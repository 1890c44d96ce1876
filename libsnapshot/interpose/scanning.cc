// The scanf family. Each function is passed on as its v... variant; what it has stored is found in the format
// (scanned.h).
#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>

#include "interpose/real.h"
#include "interpose/scanned.h"

using namespace snapshot;

// Each takes what stands before the format, as (type name, ...) and as (name, ...), in parentheses, with a
// comma behind.
// clang-format off
#define LIST_SCANNER(name, Char, parameters, arguments) \
  extern "C" __attribute__((visibility("default"))) int snapshot_##name(PARTS parameters const Char *format, va_list values) __asm__(#name); \
  int snapshot_##name(PARTS parameters const Char *format, va_list values) {                  \
    va_list copy;                                                                                 \
    va_copy(copy, values);                                                                        \
    const int result = real<int (*)(PARTS parameters const Char *, va_list), #name>()(PARTS arguments format, values); \
    scanned(format, copy, result);                                                                \
    va_end(copy);                                                                                 \
    return result;                                                                                \
  }                                                                                               \
  static_assert(true)
#define SCANNER(name, listed, Char, parameters, arguments)                                          \
  extern "C" __attribute__((visibility("default"))) int snapshot_##name(PARTS parameters const Char *format, ...) __asm__(#name); \
  int snapshot_##name(PARTS parameters const Char *format, ...) {                             \
    va_list values;                                                                               \
    va_start(values, format);                                                                     \
    const int result = snapshot_##listed(PARTS arguments format, values);                         \
    va_end(values);                                                                               \
    return result;                                                                                \
  }                                                                                               \
  static_assert(true)
#define PARTS(...) __VA_ARGS__

LIST_SCANNER(vsscanf, char, (const char *from,), (from,));
LIST_SCANNER(vfscanf, char, (FILE *from,), (from,));
LIST_SCANNER(vscanf, char, (), ());
LIST_SCANNER(__vsscanf, char, (const char *from,), (from,));
LIST_SCANNER(__vfscanf, char, (FILE *from,), (from,));
LIST_SCANNER(__isoc99_vsscanf, char, (const char *from,), (from,));
LIST_SCANNER(__isoc99_vfscanf, char, (FILE *from,), (from,));
LIST_SCANNER(__isoc99_vscanf, char, (), ());
LIST_SCANNER(vswscanf, wchar_t, (const wchar_t *from,), (from,));
LIST_SCANNER(vfwscanf, wchar_t, (FILE *from,), (from,));
LIST_SCANNER(vwscanf, wchar_t, (), ());
LIST_SCANNER(__isoc99_vswscanf, wchar_t, (const wchar_t *from,), (from,));
LIST_SCANNER(__isoc99_vfwscanf, wchar_t, (FILE *from,), (from,));
LIST_SCANNER(__isoc99_vwscanf, wchar_t, (), ());

SCANNER(sscanf, vsscanf, char, (const char *from,), (from,));
SCANNER(fscanf, vfscanf, char, (FILE *from,), (from,));
SCANNER(scanf, vscanf, char, (), ());
SCANNER(_IO_sscanf, vsscanf, char, (const char *from,), (from,));
SCANNER(__isoc99_sscanf, __isoc99_vsscanf, char, (const char *from,), (from,));
SCANNER(__isoc99_fscanf, __isoc99_vfscanf, char, (FILE *from,), (from,));
SCANNER(__isoc99_scanf, __isoc99_vscanf, char, (), ());
SCANNER(swscanf, vswscanf, wchar_t, (const wchar_t *from,), (from,));
SCANNER(fwscanf, vfwscanf, wchar_t, (FILE *from,), (from,));
SCANNER(wscanf, vwscanf, wchar_t, (), ());
SCANNER(__isoc99_swscanf, __isoc99_vswscanf, wchar_t, (const wchar_t *from,), (from,));
SCANNER(__isoc99_fwscanf, __isoc99_vfwscanf, wchar_t, (FILE *from,), (from,));
SCANNER(__isoc99_wscanf, __isoc99_vwscanf, wchar_t, (), ());
// clang-format on
