#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uchar.h>
#include <wchar.h>

#include <catch2/catch.hpp>
#include <clocale>

#include "tracked_call.h"

using test::at;

// Declared in no header, or not for C++.
extern "C" {
__float128 strtof128(const char *, char **);
__float128 strtof128_l(const char *, char **, locale_t);
__float128 wcstof128(const wchar_t *, wchar_t **);
__float128 wcstof128_l(const wchar_t *, wchar_t **, locale_t);
int strfromf128(char *, size_t, const char *, __float128);
#define INTERNAL(name, Result, Char) Result name(const Char *, Char **, int)
INTERNAL(__strtod_internal, double, char);
INTERNAL(__strtof_internal, float, char);
INTERNAL(__strtold_internal, long double, char);
INTERNAL(__strtof128_internal, __float128, char);
INTERNAL(__wcstod_internal, double, wchar_t);
INTERNAL(__wcstof_internal, float, wchar_t);
INTERNAL(__wcstold_internal, long double, wchar_t);
INTERNAL(__wcstof128_internal, __float128, wchar_t);
#define WHOLE_INTERNAL(name, Result, Char) Result name(const Char *, Char **, int, int)
WHOLE_INTERNAL(__strtol_internal, long, char);
WHOLE_INTERNAL(__strtoll_internal, long long, char);
WHOLE_INTERNAL(__strtoul_internal, unsigned long, char);
WHOLE_INTERNAL(__strtoull_internal, unsigned long long, char);
WHOLE_INTERNAL(__wcstol_internal, long, wchar_t);
WHOLE_INTERNAL(__wcstoll_internal, long long, wchar_t);
WHOLE_INTERNAL(__wcstoul_internal, unsigned long, wchar_t);
WHOLE_INTERNAL(__wcstoull_internal, unsigned long long, wchar_t);
#define WITH_LOCALE(name, Result, Char) Result name(const Char *, Char **, locale_t)
WITH_LOCALE(__strtod_l, double, char);
WITH_LOCALE(__strtof_l, float, char);
WITH_LOCALE(__strtold_l, long double, char);
WITH_LOCALE(__wcstod_l, double, wchar_t);
WITH_LOCALE(__wcstof_l, float, wchar_t);
WITH_LOCALE(__wcstold_l, long double, wchar_t);
#define WHOLE_WITH_LOCALE(name, Result, Char) Result name(const Char *, Char **, int, locale_t)
WHOLE_WITH_LOCALE(__strtol_l, long, char);
WHOLE_WITH_LOCALE(__strtoll_l, long long, char);
WHOLE_WITH_LOCALE(__strtoul_l, unsigned long, char);
WHOLE_WITH_LOCALE(__strtoull_l, unsigned long long, char);
WHOLE_WITH_LOCALE(__wcstol_l, long, wchar_t);
WHOLE_WITH_LOCALE(__wcstoll_l, long long, wchar_t);
WHOLE_WITH_LOCALE(__wcstoul_l, unsigned long, wchar_t);
WHOLE_WITH_LOCALE(__wcstoull_l, unsigned long long, wchar_t);
}

static const char number[] = "12 ";
static const wchar_t wide_number[] = L"12 ";

// Each with its end in the file.
#define ENDS(name) TRACKED(name(number, at<char *>(0)))
#define WIDE_ENDS(name) TRACKED(name(wide_number, at<wchar_t *>(0)))
#define ENDS_WITH(name, ...) TRACKED(name(number, at<char *>(0), __VA_ARGS__))
#define WIDE_ENDS_WITH(name, ...) TRACKED(name(wide_number, at<wchar_t *>(0), __VA_ARGS__))

TEST_CASE("the ends of numbers are tracked") {
  const locale_t c = newlocale(LC_ALL_MASK, "C", nullptr);
  ENDS(strtod), ENDS(strtof), ENDS(strtold), ENDS(strtof128);
  ENDS(strtof32), ENDS(strtof64), ENDS(strtof32x), ENDS(strtof64x);
  WIDE_ENDS(wcstod), WIDE_ENDS(wcstof), WIDE_ENDS(wcstold), WIDE_ENDS(wcstof128);
  WIDE_ENDS(wcstof32), WIDE_ENDS(wcstof64), WIDE_ENDS(wcstof32x), WIDE_ENDS(wcstof64x);
  ENDS_WITH(strtod_l, c), ENDS_WITH(strtof_l, c), ENDS_WITH(strtold_l, c), ENDS_WITH(strtof128_l, c);
  ENDS_WITH(__strtod_l, c), ENDS_WITH(__strtof_l, c), ENDS_WITH(__strtold_l, c);
  ENDS_WITH(strtof32_l, c), ENDS_WITH(strtof64_l, c), ENDS_WITH(strtof32x_l, c), ENDS_WITH(strtof64x_l, c);
  WIDE_ENDS_WITH(wcstod_l, c), WIDE_ENDS_WITH(wcstof_l, c), WIDE_ENDS_WITH(wcstold_l, c);
  WIDE_ENDS_WITH(__wcstod_l, c), WIDE_ENDS_WITH(__wcstof_l, c), WIDE_ENDS_WITH(__wcstold_l, c);
  WIDE_ENDS_WITH(wcstof128_l, c), WIDE_ENDS_WITH(wcstof32_l, c), WIDE_ENDS_WITH(wcstof64_l, c);
  WIDE_ENDS_WITH(wcstof32x_l, c), WIDE_ENDS_WITH(wcstof64x_l, c);
  ENDS_WITH(__strtod_internal, 0), ENDS_WITH(__strtof_internal, 0), ENDS_WITH(__strtold_internal, 0);
  ENDS_WITH(__strtof128_internal, 0), WIDE_ENDS_WITH(__wcstof128_internal, 0);
  WIDE_ENDS_WITH(__wcstod_internal, 0), WIDE_ENDS_WITH(__wcstof_internal, 0);
  WIDE_ENDS_WITH(__wcstold_internal, 0);
  freelocale(c);
}

TEST_CASE("the ends of whole numbers are tracked") {
  const locale_t c = newlocale(LC_ALL_MASK, "C", nullptr);
  ENDS_WITH(strtol, 10), ENDS_WITH(strtoll, 10), ENDS_WITH(strtoq, 10), ENDS_WITH(strtoimax, 10);
  ENDS_WITH(strtoul, 10), ENDS_WITH(strtoull, 10), ENDS_WITH(strtouq, 10), ENDS_WITH(strtoumax, 10);
  WIDE_ENDS_WITH(wcstol, 10), WIDE_ENDS_WITH(wcstoll, 10), WIDE_ENDS_WITH(wcstoq, 10);
  WIDE_ENDS_WITH(wcstoul, 10), WIDE_ENDS_WITH(wcstoull, 10), WIDE_ENDS_WITH(wcstouq, 10);
  WIDE_ENDS_WITH(wcstoimax, 10), WIDE_ENDS_WITH(wcstoumax, 10);
  ENDS_WITH(strtol_l, 10, c), ENDS_WITH(strtoll_l, 10, c), ENDS_WITH(strtoul_l, 10, c);
  ENDS_WITH(strtoull_l, 10, c), ENDS_WITH(__strtol_l, 10, c), ENDS_WITH(__strtoll_l, 10, c);
  ENDS_WITH(__strtoul_l, 10, c), ENDS_WITH(__strtoull_l, 10, c);
  WIDE_ENDS_WITH(wcstol_l, 10, c), WIDE_ENDS_WITH(wcstoll_l, 10, c), WIDE_ENDS_WITH(wcstoul_l, 10, c);
  WIDE_ENDS_WITH(wcstoull_l, 10, c), WIDE_ENDS_WITH(__wcstol_l, 10, c), WIDE_ENDS_WITH(__wcstoll_l, 10, c);
  WIDE_ENDS_WITH(__wcstoul_l, 10, c), WIDE_ENDS_WITH(__wcstoull_l, 10, c);
  ENDS_WITH(__strtol_internal, 10, 0), ENDS_WITH(__strtoll_internal, 10, 0);
  ENDS_WITH(__strtoul_internal, 10, 0), ENDS_WITH(__strtoull_internal, 10, 0);
  WIDE_ENDS_WITH(__wcstol_internal, 10, 0), WIDE_ENDS_WITH(__wcstoll_internal, 10, 0);
  WIDE_ENDS_WITH(__wcstoul_internal, 10, 0), WIDE_ENDS_WITH(__wcstoull_internal, 10, 0);
  freelocale(c);
}

TEST_CASE("the digits of numbers are tracked") {
  TRACKED(ecvt(1.5, 4, at<int>(0), at<int>(1)));
  TRACKED(fcvt(1.5, 4, at<int>(0), at<int>(1)));
  TRACKED(qecvt(1.5L, 4, at<int>(0), at<int>(1)));
  TRACKED(qfcvt(1.5L, 4, at<int>(0), at<int>(1)));
  TRACKED(ecvt_r(1.5, 4, at<int>(0), at<int>(1), at<char>(2), 100));
  TRACKED(fcvt_r(1.5, 4, at<int>(0), at<int>(1), at<char>(2), 100));
  TRACKED(qecvt_r(1.5L, 4, at<int>(0), at<int>(1), at<char>(2), 100));
  TRACKED(qfcvt_r(1.5L, 4, at<int>(0), at<int>(1), at<char>(2), 100));
  TRACKED(gcvt(1.23456789012345678, 17, at<char>(0)));
  TRACKED(qgcvt(1.23456789012345678L, 17, at<char>(0)));
  TRACKED(strfromf32(at<char>(0), 100, "%.30f", 1.5f));
  TRACKED(strfromf64(at<char>(0), 100, "%.30f", 1.5));
  TRACKED(strfromf32x(at<char>(0), 100, "%.30f", 1.5));
  TRACKED(strfromf64x(at<char>(0), 100, "%.30f", 1.5L));
  TRACKED(strfromf128(at<char>(0), 100, "%.30f", 1.5));
}

TEST_CASE("dates that are read are tracked") {
  const locale_t c = newlocale(LC_ALL_MASK, "C", nullptr);
  TRACKED(strptime("2026-11-20", "%Y-%m-%d", at<tm>(0)));
  TRACKED(strptime_l("2026-11-20", "%Y-%m-%d", at<tm>(0), c));
  TRACKED_AFTER((*at<tm>(0) = {}), timelocal(at<tm>(0)));
  freelocale(c);
  // Without a file of templates it says so, and has written nothing.
  TRACKED_IF_ANY(getdate_r("2026-11-20", at<tm>(0)));
}

TEST_CASE("characters of char8_t are tracked") {
  TRACKED_AFTER((*at<mbstate_t>(1) = {}), mbrtoc8(at<char8_t>(0), "x", 1, at<mbstate_t>(1)));
  TRACKED_AFTER((*at<mbstate_t>(1) = {}), c8rtomb(at<char>(0), u8'x', at<mbstate_t>(1)));
}

TEST_CASE("regular expressions and their matches are tracked") {
  TRACKED_AFTER((memset(at<char>(0), 0, sizeof(regex_t))), regcomp(at<regex_t>(0), "b(.)", REG_EXTENDED));
  regex_t regex;
  REQUIRE(regcomp(&regex, "b(.)", REG_EXTENDED) == 0);
  TRACKED(regexec(&regex, "abc", 4, at<regmatch_t>(0), 0));
  TRACKED(regerror(REG_EPAREN, &regex, at<char>(0), 100));
  const regex_t made = regex;
  TRACKED_IF_ANY_AFTER((*at<regex_t>(0) = {}), regfree(at<regex_t>(0)));
  regex = made;
  regfree(&regex);
}
