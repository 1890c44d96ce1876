// Text to and from numbers, dates and matches of patterns: what is written is an end, an object or a buffer.
#include <inttypes.h>
#include <locale.h>
#include <regex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <uchar.h>
#include <wchar.h>

#include "interpose/writer.h"

using namespace snapshot;

using Wide = wchar_t;

// The `end` of strtol and its relatives.
// clang-format off
#define FROM_TEXT(Result, name, Char) \
  SNAPSHOT_WRITER(Result, name, (const Char *from, Char **end), (from, end), object(end))
#define FROM_TEXT_L(Result, name, Char) \
  SNAPSHOT_WRITER(Result, name, (const Char *from, Char **end, locale_t locale), (from, end, locale), object(end))
#define FROM_TEXT_INTERNAL(Result, name, Char) \
  SNAPSHOT_WRITER(Result, name, (const Char *from, Char **end, int group), (from, end, group), object(end))
#define WHOLE_FROM_TEXT(Result, name, Char) \
  SNAPSHOT_WRITER(Result, name, (const Char *from, Char **end, int base), (from, end, base), object(end))
#define WHOLE_FROM_TEXT_L(Result, name, Char) \
  SNAPSHOT_WRITER(Result, name, (const Char *from, Char **end, int base, locale_t locale), (from, end, base, locale), object(end))
#define WHOLE_FROM_TEXT_INTERNAL(Result, name, Char) \
  SNAPSHOT_WRITER(Result, name, (const Char *from, Char **end, int base, int group), (from, end, base, group), object(end))

FROM_TEXT(double, strtod, char);
FROM_TEXT(float, strtof, char);
FROM_TEXT(long double, strtold, char);
FROM_TEXT(float, strtof32, char);
FROM_TEXT(double, strtof64, char);
FROM_TEXT(double, strtof32x, char);
FROM_TEXT(long double, strtof64x, char);
FROM_TEXT(__float128, strtof128, char);
FROM_TEXT(double, wcstod, Wide);
FROM_TEXT(float, wcstof, Wide);
FROM_TEXT(long double, wcstold, Wide);
FROM_TEXT(float, wcstof32, Wide);
FROM_TEXT(double, wcstof64, Wide);
FROM_TEXT(double, wcstof32x, Wide);
FROM_TEXT(long double, wcstof64x, Wide);
FROM_TEXT(__float128, wcstof128, Wide);
FROM_TEXT_L(double, strtod_l, char);
FROM_TEXT_L(double, __strtod_l, char);
FROM_TEXT_L(float, strtof_l, char);
FROM_TEXT_L(float, __strtof_l, char);
FROM_TEXT_L(long double, strtold_l, char);
FROM_TEXT_L(long double, __strtold_l, char);
FROM_TEXT_L(float, strtof32_l, char);
FROM_TEXT_L(double, strtof64_l, char);
FROM_TEXT_L(double, strtof32x_l, char);
FROM_TEXT_L(long double, strtof64x_l, char);
FROM_TEXT_L(__float128, strtof128_l, char);
FROM_TEXT_L(double, wcstod_l, Wide);
FROM_TEXT_L(double, __wcstod_l, Wide);
FROM_TEXT_L(float, wcstof_l, Wide);
FROM_TEXT_L(float, __wcstof_l, Wide);
FROM_TEXT_L(long double, wcstold_l, Wide);
FROM_TEXT_L(long double, __wcstold_l, Wide);
FROM_TEXT_L(float, wcstof32_l, Wide);
FROM_TEXT_L(double, wcstof64_l, Wide);
FROM_TEXT_L(double, wcstof32x_l, Wide);
FROM_TEXT_L(long double, wcstof64x_l, Wide);
FROM_TEXT_L(__float128, wcstof128_l, Wide);
FROM_TEXT_INTERNAL(double, __strtod_internal, char);
FROM_TEXT_INTERNAL(float, __strtof_internal, char);
FROM_TEXT_INTERNAL(long double, __strtold_internal, char);
FROM_TEXT_INTERNAL(__float128, __strtof128_internal, char);
FROM_TEXT_INTERNAL(double, __wcstod_internal, Wide);
FROM_TEXT_INTERNAL(float, __wcstof_internal, Wide);
FROM_TEXT_INTERNAL(long double, __wcstold_internal, Wide);
FROM_TEXT_INTERNAL(__float128, __wcstof128_internal, Wide);
WHOLE_FROM_TEXT(long, strtol, char);
WHOLE_FROM_TEXT(long long, strtoll, char);
WHOLE_FROM_TEXT(long long, strtoq, char);
WHOLE_FROM_TEXT(unsigned long, strtoul, char);
WHOLE_FROM_TEXT(unsigned long long, strtoull, char);
WHOLE_FROM_TEXT(unsigned long long, strtouq, char);
WHOLE_FROM_TEXT(intmax_t, strtoimax, char);
WHOLE_FROM_TEXT(uintmax_t, strtoumax, char);
WHOLE_FROM_TEXT(long, wcstol, Wide);
WHOLE_FROM_TEXT(long long, wcstoll, Wide);
WHOLE_FROM_TEXT(long long, wcstoq, Wide);
WHOLE_FROM_TEXT(unsigned long, wcstoul, Wide);
WHOLE_FROM_TEXT(unsigned long long, wcstoull, Wide);
WHOLE_FROM_TEXT(unsigned long long, wcstouq, Wide);
WHOLE_FROM_TEXT(intmax_t, wcstoimax, Wide);
WHOLE_FROM_TEXT(uintmax_t, wcstoumax, Wide);
WHOLE_FROM_TEXT_L(long, strtol_l, char);
WHOLE_FROM_TEXT_L(long, __strtol_l, char);
WHOLE_FROM_TEXT_L(long long, strtoll_l, char);
WHOLE_FROM_TEXT_L(long long, __strtoll_l, char);
WHOLE_FROM_TEXT_L(unsigned long, strtoul_l, char);
WHOLE_FROM_TEXT_L(unsigned long, __strtoul_l, char);
WHOLE_FROM_TEXT_L(unsigned long long, strtoull_l, char);
WHOLE_FROM_TEXT_L(unsigned long long, __strtoull_l, char);
WHOLE_FROM_TEXT_L(long, wcstol_l, Wide);
WHOLE_FROM_TEXT_L(long, __wcstol_l, Wide);
WHOLE_FROM_TEXT_L(long long, wcstoll_l, Wide);
WHOLE_FROM_TEXT_L(long long, __wcstoll_l, Wide);
WHOLE_FROM_TEXT_L(unsigned long, wcstoul_l, Wide);
WHOLE_FROM_TEXT_L(unsigned long, __wcstoul_l, Wide);
WHOLE_FROM_TEXT_L(unsigned long long, wcstoull_l, Wide);
WHOLE_FROM_TEXT_L(unsigned long long, __wcstoull_l, Wide);
WHOLE_FROM_TEXT_INTERNAL(long, __strtol_internal, char);
WHOLE_FROM_TEXT_INTERNAL(long long, __strtoll_internal, char);
WHOLE_FROM_TEXT_INTERNAL(unsigned long, __strtoul_internal, char);
WHOLE_FROM_TEXT_INTERNAL(unsigned long long, __strtoull_internal, char);
WHOLE_FROM_TEXT_INTERNAL(long, __wcstol_internal, Wide);
WHOLE_FROM_TEXT_INTERNAL(long long, __wcstoll_internal, Wide);
WHOLE_FROM_TEXT_INTERNAL(unsigned long, __wcstoul_internal, Wide);
WHOLE_FROM_TEXT_INTERNAL(unsigned long long, __wcstoull_internal, Wide);

SNAPSHOT_WRITER(char *, ecvt, (double value, int digits, int *point, int *sign), (value, digits, point, sign), objects(point, sign));
SNAPSHOT_WRITER(char *, fcvt, (double value, int digits, int *point, int *sign), (value, digits, point, sign), objects(point, sign));
SNAPSHOT_WRITER(char *, qecvt, (long double value, int digits, int *point, int *sign), (value, digits, point, sign), objects(point, sign));
SNAPSHOT_WRITER(char *, qfcvt, (long double value, int digits, int *point, int *sign), (value, digits, point, sign), objects(point, sign));
SNAPSHOT_WRITER(int, ecvt_r, (double value, int digits, int *point, int *sign, char *to, size_t n), (value, digits, point, sign, to, n), (objects(point, sign), bytes(to, n)));
SNAPSHOT_WRITER(int, fcvt_r, (double value, int digits, int *point, int *sign, char *to, size_t n), (value, digits, point, sign, to, n), (objects(point, sign), bytes(to, n)));
SNAPSHOT_WRITER(int, qecvt_r, (long double value, int digits, int *point, int *sign, char *to, size_t n), (value, digits, point, sign, to, n), (objects(point, sign), bytes(to, n)));
SNAPSHOT_WRITER(int, qfcvt_r, (long double value, int digits, int *point, int *sign, char *to, size_t n), (value, digits, point, sign, to, n), (objects(point, sign), bytes(to, n)));
SNAPSHOT_WRITER(char *, gcvt, (double value, int digits, char *to), (value, digits, to), text(to));
SNAPSHOT_WRITER(char *, qgcvt, (long double value, int digits, char *to), (value, digits, to), text(to));
SNAPSHOT_WRITER(int, strfromf32, (char *to, size_t n, const char *format, float value), (to, n, format, value), bytes(to, n));
SNAPSHOT_WRITER(int, strfromf64, (char *to, size_t n, const char *format, double value), (to, n, format, value), bytes(to, n));
SNAPSHOT_WRITER(int, strfromf32x, (char *to, size_t n, const char *format, double value), (to, n, format, value), bytes(to, n));
SNAPSHOT_WRITER(int, strfromf64x, (char *to, size_t n, const char *format, long double value), (to, n, format, value), bytes(to, n));
SNAPSHOT_WRITER(int, strfromf128, (char *to, size_t n, const char *format, __float128 value), (to, n, format, value), bytes(to, n));

SNAPSHOT_WRITER(char *, strptime, (const char *from, const char *format, tm *to), (from, format, to), object(to));
SNAPSHOT_WRITER(char *, strptime_l, (const char *from, const char *format, tm *to, locale_t locale), (from, format, to, locale), object(to));
SNAPSHOT_WRITER(int, getdate_r, (const char *from, tm *to), (from, to), object(to));
SNAPSHOT_WRITER(time_t, timelocal, (tm *time), (time), object(time));

SNAPSHOT_WRITER(size_t, mbrtoc8, (char8_t *to, const char *from, size_t n, mbstate_t *state), (to, from, n, state), objects(to, state));
SNAPSHOT_WRITER(size_t, c8rtomb, (char *to, char8_t character, mbstate_t *state), (to, character, state), (bytes(to, result <= 16 ? result : 0), object(state)));

SNAPSHOT_WRITER(int, regcomp, (regex_t *to, const char *pattern, int flags), (to, pattern, flags), object(to));
SNAPSHOT_VOID_WRITER(regfree, (regex_t *to), (to), object(to));
SNAPSHOT_WRITER(int, regexec, (const regex_t *regex, const char *in, size_t n, regmatch_t *to, int flags), (regex, in, n, to, flags), (items(to, n), flags & REG_STARTEND ? object(to) : void()));
SNAPSHOT_WRITER(size_t, regerror, (int error, const regex_t *regex, char *to, size_t n), (error, regex, to, n), bytes(to, n));
// clang-format on
