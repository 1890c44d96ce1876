#include <limits.h>
#include <uchar.h>
#include <wchar.h>

#include <catch2/catch.hpp>
#include <clocale>

#include "writer_check.h"

using test::check, test::distance, test::text, test::wide, test::wide_text, test::Writer;

extern "C" {
wchar_t *__wmemcpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t *__wmemmove_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t *__wmempcpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t *__wmemset_chk(wchar_t *, wchar_t, size_t, size_t);
wchar_t *__wcscpy_chk(wchar_t *, const wchar_t *, size_t);
wchar_t *__wcpcpy_chk(wchar_t *, const wchar_t *, size_t);
wchar_t *__wcsncpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t *__wcpncpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t *__wcscat_chk(wchar_t *, const wchar_t *, size_t);
wchar_t *__wcsncat_chk(wchar_t *, const wchar_t *, size_t, size_t);
size_t __wcsxfrm_l(wchar_t *, const wchar_t *, size_t, locale_t);
size_t __mbstowcs_chk(wchar_t *, const char *, size_t, size_t);
size_t __wcstombs_chk(char *, const wchar_t *, size_t, size_t);
int __wctomb_chk(char *, wchar_t, size_t);
size_t __mbsrtowcs_chk(wchar_t *, const char **, size_t, mbstate_t *, size_t);
size_t __mbsnrtowcs_chk(wchar_t *, const char **, size_t, size_t, mbstate_t *, size_t);
size_t __wcsrtombs_chk(char *, const wchar_t **, size_t, mbstate_t *, size_t);
size_t __wcsnrtombs_chk(char *, const wchar_t **, size_t, size_t, mbstate_t *, size_t);
size_t __mbrtowc(wchar_t *, const char *, size_t, mbstate_t *);
size_t __mbrlen(const char *, size_t, mbstate_t *);
size_t __wcrtomb_chk(char *, wchar_t, mbstate_t *, size_t);
}

// Units of wide characters, `extra` of them behind the n.
static void check_wide(const char *name, size_t extra, std::function<wchar_t *(wchar_t *, size_t)> call,
                       std::function<void(char *)> prepare = nullptr) {
  Writer w{name, [call](char *to, size_t n) { return distance(call(wide(to), n), to); }, sizeof(wchar_t),
           extra};
  w.prepare = prepare;
  check(w);
}

TEST_CASE("the wmem functions are tracked") {
  check_wide("wmemcpy", 0, [](wchar_t *to, size_t n) { return wmemcpy(to, wide_text(n), n); });
  check_wide("wmemmove", 0, [](wchar_t *to, size_t n) { return wmemmove(to, wide_text(n), n); });
  check_wide("wmempcpy", 0, [](wchar_t *to, size_t n) { return wmempcpy(to, wide_text(n), n); });
  check_wide("wmemset", 0, [](wchar_t *to, size_t n) { return wmemset(to, L'x', n); });
  check_wide("__wmemcpy_chk", 0, [](wchar_t *to, size_t n) { return __wmemcpy_chk(to, wide_text(n), n, n); });
  check_wide("__wmemmove_chk", 0,
             [](wchar_t *to, size_t n) { return __wmemmove_chk(to, wide_text(n), n, n); });
  check_wide("__wmempcpy_chk", 0,
             [](wchar_t *to, size_t n) { return __wmempcpy_chk(to, wide_text(n), n, n); });
  check_wide("__wmemset_chk", 0, [](wchar_t *to, size_t n) { return __wmemset_chk(to, L'x', n, n); });
}

TEST_CASE("the wcs functions are tracked") {
  const auto a_word = [](char *to) { memcpy(to, L"word", 5 * sizeof(wchar_t)); };
  check_wide("wcscpy", 1, [](wchar_t *to, size_t n) { return wcscpy(to, wide_text(n)); });
  check_wide("wcpcpy", 1, [](wchar_t *to, size_t n) { return wcpcpy(to, wide_text(n)); });
  check_wide("wcsncpy", 0, [](wchar_t *to, size_t n) { return wcsncpy(to, wide_text(n / 2), n); });
  check_wide("wcpncpy", 0, [](wchar_t *to, size_t n) { return wcpncpy(to, wide_text(n / 2), n); });
  check_wide("wcscat", 5, [](wchar_t *to, size_t n) { return wcscat(to, wide_text(n)); }, a_word);
  check_wide("wcsncat", 5, [](wchar_t *to, size_t n) { return wcsncat(to, wide_text(n + 9), n); }, a_word);
  check_wide("__wcscpy_chk", 1, [](wchar_t *to, size_t n) { return __wcscpy_chk(to, wide_text(n), n + 1); });
  check_wide("__wcpcpy_chk", 1, [](wchar_t *to, size_t n) { return __wcpcpy_chk(to, wide_text(n), n + 1); });
  check_wide("__wcsncpy_chk", 0,
             [](wchar_t *to, size_t n) { return __wcsncpy_chk(to, wide_text(n / 2), n, n); });
  check_wide("__wcpncpy_chk", 0,
             [](wchar_t *to, size_t n) { return __wcpncpy_chk(to, wide_text(n / 2), n, n); });
  check_wide(
      "__wcscat_chk", 5, [](wchar_t *to, size_t n) { return __wcscat_chk(to, wide_text(n), n + 5); }, a_word);
  check_wide(
      "__wcsncat_chk", 5, [](wchar_t *to, size_t n) { return __wcsncat_chk(to, wide_text(n + 9), n, n + 5); },
      a_word);

  Writer tokens{"wcstok", [](char *to, size_t) {
                  wchar_t *rest;
                  return distance(wcstok(wide(to), L";", &rest), to);
                }};
  tokens.unit = sizeof(wchar_t), tokens.sizes = {16};
  tokens.prepare = [](char *to) { memcpy(to, L";;one;two;three", 16 * sizeof(wchar_t)); };
  check(tokens);
  check(test::fills_in(
      "wcstok's third argument", 8, 8,
      [](char *to) {
        static wchar_t line[4];
        return distance(wcstok(wcscpy(line, L"a b"), L" ", reinterpret_cast<wchar_t **>(to)), line);
      },
      true));
}

TEST_CASE("conversions to wide characters are tracked") {
  const auto to_wide = [](const char *name, std::function<size_t(wchar_t *, size_t)> call, size_t extra = 1) {
    check({name, [call](char *to, size_t n) { return long(call(wide(to), n)); }, sizeof(wchar_t), extra});
  };
  const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  to_wide("wcsxfrm", [](wchar_t *to, size_t n) { return wcsxfrm(to, wide_text(n), n + 1); });
  to_wide("wcsxfrm_l", [&](wchar_t *to, size_t n) { return wcsxfrm_l(to, wide_text(n), n + 1, locale); });
  to_wide("__wcsxfrm_l", [&](wchar_t *to, size_t n) { return __wcsxfrm_l(to, wide_text(n), n + 1, locale); });
  to_wide("mbstowcs", [](wchar_t *to, size_t n) { return mbstowcs(to, text(n), n + 1); });
  to_wide("mbstowcs, too short", [](wchar_t *to, size_t n) { return mbstowcs(to, text(n + 1), n); }, 0);
  to_wide("__mbstowcs_chk", [](wchar_t *to, size_t n) { return __mbstowcs_chk(to, text(n), n + 1, n + 1); });
  to_wide("mbstowcs that fails midway",
          [](wchar_t *to, size_t n) { return mbstowcs(to, (std::string(text(n)) + "\xff").c_str(), n + 1); });
  freelocale(locale);

  // What follows the n characters differs, so that the source is left where it is.
  to_wide("mbsrtowcs", [](wchar_t *to, size_t n) {
    mbstate_t state = {};
    const char *from = text(n);
    return mbsrtowcs(to, &from, n + 1, &state);
  });
  to_wide("mbsnrtowcs", [](wchar_t *to, size_t n) {
    mbstate_t state = {};
    const char *from = text(n);
    return mbsnrtowcs(to, &from, n + 1, n + 1, &state);
  });
  to_wide("__mbsrtowcs_chk", [](wchar_t *to, size_t n) {
    mbstate_t state = {};
    const char *from = text(n);
    return __mbsrtowcs_chk(to, &from, n + 1, &state, n + 1);
  });
  to_wide("__mbsnrtowcs_chk", [](wchar_t *to, size_t n) {
    mbstate_t state = {};
    const char *from = text(n);
    return __mbsnrtowcs_chk(to, &from, n + 1, n + 1, &state, n + 1);
  });
}

TEST_CASE("conversions from wide characters are tracked") {
  const auto to_bytes = [](const char *name, std::function<size_t(char *, size_t)> call) {
    check({name, [call](char *to, size_t n) { return long(call(to, n)); }, 1, 1});
  };
  to_bytes("wcstombs", [](char *to, size_t n) { return wcstombs(to, wide_text(n), n + 1); });
  to_bytes("__wcstombs_chk",
           [](char *to, size_t n) { return __wcstombs_chk(to, wide_text(n), n + 1, n + 1); });
  to_bytes("wcsrtombs", [](char *to, size_t n) {
    mbstate_t state = {};
    const wchar_t *from = wide_text(n);
    return wcsrtombs(to, &from, n + 1, &state);
  });
  to_bytes("wcsnrtombs", [](char *to, size_t n) {
    mbstate_t state = {};
    const wchar_t *from = wide_text(n);
    return wcsnrtombs(to, &from, n + 1, n + 1, &state);
  });
  to_bytes("__wcsrtombs_chk", [](char *to, size_t n) {
    mbstate_t state = {};
    const wchar_t *from = wide_text(n);
    return __wcsrtombs_chk(to, &from, n + 1, &state, n + 1);
  });
  to_bytes("__wcsnrtombs_chk", [](char *to, size_t n) {
    mbstate_t state = {};
    const wchar_t *from = wide_text(n);
    return __wcsnrtombs_chk(to, &from, n + 1, n + 1, &state, n + 1);
  });
}

TEST_CASE("conversions of one character are tracked") {
  const std::string before = setlocale(LC_ALL, nullptr);
  REQUIRE(setlocale(LC_ALL, "C.UTF-8") != nullptr);
  const auto one = [](const char *name, size_t bytes, std::function<long(char *, mbstate_t *)> call) {
    check(test::fills_in(
        name, bytes, bytes == 3 ? 1 : bytes,
        [call](char *to) {
          mbstate_t state = {};
          return call(to, &state);
        },
        true));
  };
  static const char euro[] = "\xe2\x82\xac";
  one("mbtowc", 4, [](char *to, mbstate_t *) { return long(mbtowc(wide(to), euro, 3)); });
  one("mbrtowc", 4, [](char *to, mbstate_t *state) { return long(mbrtowc(wide(to), euro, 3, state)); });
  one("__mbrtowc", 4, [](char *to, mbstate_t *state) { return long(__mbrtowc(wide(to), euro, 3, state)); });
  one("mbrtoc16", 2, [](char *to, mbstate_t *state) {
    return long(mbrtoc16(reinterpret_cast<char16_t *>(to), euro, 3, state));
  });
  one("mbrtoc32", 4, [](char *to, mbstate_t *state) {
    return long(mbrtoc32(reinterpret_cast<char32_t *>(to), euro, 3, state));
  });
  one("wctomb", 3, [](char *to, mbstate_t *) { return long(wctomb(to, L'\u20ac')); });
  one("__wctomb_chk", 3, [](char *to, mbstate_t *) { return long(__wctomb_chk(to, L'\u20ac', 16)); });
  one("wcrtomb", 3, [](char *to, mbstate_t *state) { return long(wcrtomb(to, L'\u20ac', state)); });
  one("__wcrtomb_chk", 3,
      [](char *to, mbstate_t *state) { return long(__wcrtomb_chk(to, L'\u20ac', state, 16)); });
  one("c16rtomb", 3, [](char *to, mbstate_t *state) { return long(c16rtomb(to, u'\u20ac', state)); });
  one("c32rtomb", 3, [](char *to, mbstate_t *state) { return long(c32rtomb(to, U'\u20ac', state)); });

  // A state in the file, which a character that is only half there changes.
  const auto state = [](const char *name, std::function<size_t(mbstate_t *)> call) {
    Writer w = test::fills_in(
        name, sizeof(mbstate_t), 4,
        [call](char *to) { return long(call(reinterpret_cast<mbstate_t *>(to))); }, true);
    w.prepare = [](char *to) { memset(to, 0, sizeof(mbstate_t)); };
    check(w);
  };
  static wchar_t ignored;
  state("mbrlen's state", [](mbstate_t *s) { return mbrlen(euro, 2, s); });
  state("__mbrlen's state", [](mbstate_t *s) { return __mbrlen(euro, 2, s); });
  state("mbrtowc's state", [](mbstate_t *s) { return mbrtowc(&ignored, euro, 2, s); });
  state("__mbrtowc's state", [](mbstate_t *s) { return __mbrtowc(&ignored, euro, 2, s); });
  static char16_t ignored16;
  static char32_t ignored32;
  state("mbrtoc16's state", [](mbstate_t *s) { return mbrtoc16(&ignored16, euro, 2, s); });
  state("mbrtoc32's state", [](mbstate_t *s) { return mbrtoc32(&ignored32, euro, 2, s); });
  static char none[MB_LEN_MAX];
  // The first half of a surrogate pair is kept in the state.
  state("c16rtomb's state", [](mbstate_t *s) { return c16rtomb(none, 0xd83d, s); });
  state("mbsnrtowcs' state", [](mbstate_t *s) {
    const char *from = euro;
    return mbsnrtowcs(&ignored, &from, 2, 1, s);
  });

  // A source pointer in the file.
  Writer advanced = test::fills_in(
      "mbsrtowcs' source", 8, 8,
      [](char *to) {
        mbstate_t s = {};
        return long(mbsrtowcs(&ignored, reinterpret_cast<const char **>(to), 1, &s));
      },
      true);
  advanced.prepare = [](char *to) {
    const char *from = euro;
    memcpy(to, &from, sizeof from);
  };
  check(advanced);
  setlocale(LC_ALL, before.c_str());
}
