#include <catch2/catch.hpp>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <cwchar>

#include "writer_check.h"

using test::check, test::distance, test::text, test::wide, test::wide_text, test::Writer;

extern "C" {
int __snprintf(char *, size_t, const char *, ...);
int __vsnprintf(char *, size_t, const char *, va_list);
int __sprintf_chk(char *, int, size_t, const char *, ...);
int __snprintf_chk(char *, size_t, int, size_t, const char *, ...);
int __vsprintf_chk(char *, int, size_t, const char *, va_list);
int __vsnprintf_chk(char *, size_t, int, size_t, const char *, va_list);
int __swprintf_chk(wchar_t *, size_t, int, size_t, const wchar_t *, ...);
int __vswprintf_chk(wchar_t *, size_t, int, size_t, const wchar_t *, va_list);
size_t __strftime_l(char *, size_t, const char *, const tm *, locale_t);
size_t __wcsftime_l(wchar_t *, size_t, const wchar_t *, const tm *, locale_t);
tm *__gmtime_r(const time_t *, tm *);
}

// The functions that take a list of arguments, as functions that take the arguments.
#define WITH_LIST(name, function, last, parameters, ...) \
  static long name parameters {                          \
    va_list list;                                        \
    va_start(list, last);                                \
    const int result = function(__VA_ARGS__, list);      \
    va_end(list);                                        \
    return result;                                       \
  }
WITH_LIST(list_sprintf, vsprintf, format, (char *to, const char *format, ...), to, format)
WITH_LIST(list_snprintf, vsnprintf, format, (char *to, size_t n, const char *format, ...), to, n, format)
WITH_LIST(list__snprintf, __vsnprintf, format, (char *to, size_t n, const char *format, ...), to, n, format)
WITH_LIST(list_swprintf, vswprintf, format, (wchar_t * to, size_t n, const wchar_t *format, ...), to, n,
          format)
WITH_LIST(list_sprintf_chk, __vsprintf_chk, format, (char *to, size_t size, const char *format, ...), to, 1,
          size, format)
WITH_LIST(list_snprintf_chk, __vsnprintf_chk, format, (char *to, size_t n, const char *format, ...), to, n, 1,
          n, format)
WITH_LIST(list_swprintf_chk, __vswprintf_chk, format, (wchar_t * to, size_t n, const wchar_t *format, ...),
          to, n, 1, n, format)

TEST_CASE("the sprintf family is tracked") {
  check({"sprintf", [](char *to, size_t n) { return long(sprintf(to, "%s%d", text(n), 7)); }, 1, 2});
  // As many arguments as do not fit into registers, and floating-point ones, must arrive.
  check({"sprintf with many arguments",
         [](char *to, size_t n) {
           return long(sprintf(to, "%s%d%d%.1f%.1f%d%d%d%.1Lf%d", text(n), 1, 2, 3.5, 4.5, 5, 6, 7, 8.5L, 9));
         },
         1, 17});
  check({"snprintf", [](char *to, size_t n) { return long(snprintf(to, n + 2, "%s%d", text(n), 7)); }, 1, 2});
  check(
      {"snprintf, too short", [](char *to, size_t n) { return long(snprintf(to, n, "%s%d", text(n), 7)); }});
  check({"__snprintf", [](char *to, size_t n) { return long(__snprintf(to, n + 2, "%s%d", text(n), 7)); }, 1,
         2});
  check({"vsprintf", [](char *to, size_t n) { return list_sprintf(to, "%s%d", text(n), 7); }, 1, 2});
  check({"vsnprintf", [](char *to, size_t n) { return list_snprintf(to, n + 2, "%s%d", text(n), 7); }, 1, 2});
  check({"__vsnprintf", [](char *to, size_t n) { return list__snprintf(to, n + 2, "%s%d", text(n), 7); }, 1,
         2});
}

TEST_CASE("the fortified sprintf family is tracked") {
  check({"__sprintf_chk",
         [](char *to, size_t n) { return long(__sprintf_chk(to, 1, n + 2, "%s%d", text(n), 7)); }, 1, 2});
  check({"__snprintf_chk",
         [](char *to, size_t n) { return long(__snprintf_chk(to, n + 2, 1, n + 2, "%s%d", text(n), 7)); }, 1,
         2});
  check({"__vsprintf_chk", [](char *to, size_t n) { return list_sprintf_chk(to, n + 2, "%s%d", text(n), 7); },
         1, 2});
  check({"__vsnprintf_chk",
         [](char *to, size_t n) { return list_snprintf_chk(to, n + 2, "%s%d", text(n), 7); }, 1, 2});
}

TEST_CASE("sprintf that fails midway is tracked") {
  const auto fails = [](char *to, size_t n) { return long(sprintf(to, "%s%lc", text(n), wint_t(0x20ac))); };
  check({"sprintf that fails", fails, 1, 1});
  check({"snprintf that fails",
         [](char *to, size_t n) { return long(snprintf(to, n + 1, "%s%lc", text(n), wint_t(0x20ac))); }, 1,
         1});
  // A program may say that the buffer has no end.
  check({"snprintf without bound that fails",
         [](char *to, size_t n) { return long(snprintf(to, INT_MAX, "%s%lc", text(n), wint_t(0x20ac))); }, 1,
         1});
}

TEST_CASE("the swprintf family is tracked") {
  const auto wide_check = [](const char *name, std::function<long(wchar_t *, size_t)> call,
                             size_t extra = 2) {
    check({name, [call](char *to, size_t n) { return call(wide(to), n); }, sizeof(wchar_t), extra});
  };
  wide_check("swprintf",
             [](wchar_t *to, size_t n) { return long(swprintf(to, n + 2, L"%ls%d", wide_text(n), 7)); });
  wide_check(
      "swprintf, too short",
      [](wchar_t *to, size_t n) { return long(swprintf(to, n, L"%ls%d", wide_text(n), 7)); }, 0);
  wide_check("vswprintf",
             [](wchar_t *to, size_t n) { return list_swprintf(to, n + 2, L"%ls%d", wide_text(n), 7); });
  wide_check("__swprintf_chk", [](wchar_t *to, size_t n) {
    return long(__swprintf_chk(to, n + 2, 1, n + 2, L"%ls%d", wide_text(n), 7));
  });
  wide_check("__vswprintf_chk",
             [](wchar_t *to, size_t n) { return list_swprintf_chk(to, n + 2, L"%ls%d", wide_text(n), 7); });
}

TEST_CASE("formatting of numbers is tracked") {
  check(test::fills_in("strfromd", 4, 1, [](char *to) { return strfromd(to, 9, "%.1f", 1.5); }, true));
  check(test::fills_in("strfromf", 4, 1, [](char *to) { return strfromf(to, 9, "%.1f", 1.5F); }, true));
  check(test::fills_in("strfroml", 4, 1, [](char *to) { return strfroml(to, 9, "%.1f", 1.5L); }, true));
}

TEST_CASE("formatting of times is tracked") {
  static tm date = {};
  date.tm_year = 123, date.tm_mday = 4;
  static locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  static const time_t now = 1700000000;
  const auto format = [](size_t n) { return std::string(text(n)) + "%Y"; };
  const auto wide_format = [](size_t n) { return std::wstring(wide_text(n)) + L"%Y"; };
  check({"strftime", [&](char *to, size_t n) { return long(strftime(to, n + 5, format(n).c_str(), &date)); },
         1, 5});
  check({"strftime, too short",
         [&](char *to, size_t n) { return long(strftime(to, n, format(n).c_str(), &date)); },
         1,
         0,
         {8, 65, 4097}});
  check({"strftime_l",
         [&](char *to, size_t n) { return long(strftime_l(to, n + 5, format(n).c_str(), &date, locale)); }, 1,
         5});
  check({"__strftime_l",
         [&](char *to, size_t n) { return long(__strftime_l(to, n + 5, format(n).c_str(), &date, locale)); },
         1, 5});
  check({"wcsftime",
         [&](char *to, size_t n) { return long(wcsftime(wide(to), n + 5, wide_format(n).c_str(), &date)); },
         4, 5});
  check({"wcsftime_l",
         [&](char *to, size_t n) {
           return long(wcsftime_l(wide(to), n + 5, wide_format(n).c_str(), &date, locale));
         },
         4, 5});
  check({"__wcsftime_l",
         [&](char *to, size_t n) {
           return long(__wcsftime_l(wide(to), n + 5, wide_format(n).c_str(), &date, locale));
         },
         4, 5});
  check(
      test::fills_in("asctime_r", 26, 1, [](char *to) { return distance(asctime_r(&date, to), to); }, true));
  check(test::fills_in("ctime_r", 26, 1, [](char *to) { return distance(ctime_r(&now, to), to); }, true));

  const auto broken_down = [](const char *name, std::function<long(tm *)> call) {
    Writer w =
        test::fills_in(name, sizeof(tm), 8, [call](char *to) { return call(reinterpret_cast<tm *>(to)); });
    w.prepare = [](char *to) {
      tm far = date;
      far.tm_mday = 400;
      memcpy(to, &far, sizeof far);
    };
    check(w);
  };
  broken_down("gmtime_r", [](tm *to) { return distance(gmtime_r(&now, to), to); });
  broken_down("__gmtime_r", [](tm *to) { return distance(__gmtime_r(&now, to), to); });
  broken_down("localtime_r", [](tm *to) { return distance(localtime_r(&now, to), to); });
  broken_down("mktime", [](tm *to) { return mktime(to); });
  broken_down("timegm", [](tm *to) { return timegm(to); });
}
