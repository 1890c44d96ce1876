#include <unistd.h>

#include <catch2/catch.hpp>
#include <clocale>

#include "writer_check.h"

using test::check, test::distance, test::text, test::Writer;

extern "C" {
char *__strcpy_chk(char *, const char *, size_t);
char *__stpcpy_chk(char *, const char *, size_t);
char *__strncpy_chk(char *, const char *, size_t, size_t);
char *__stpncpy_chk(char *, const char *, size_t, size_t);
char *__strcat_chk(char *, const char *, size_t);
char *__strncat_chk(char *, const char *, size_t, size_t);
size_t __strxfrm_l(char *, const char *, size_t, locale_t);
char *__strtok_r(char *, const char *, char **);
char *__strerror_r(int, char *, size_t);
int __xpg_strerror_r(int, char *, size_t);
}

static void there_is_a_word(char *to) { memcpy(to, "word", 5); }

static long padded(size_t n, char *to, char *(*function)(char *, const char *, size_t)) {
  return distance(function(to, text(n / 2), n), to);
}

TEST_CASE("the functions that copy text are tracked") {
  check({"strcpy", [](char *to, size_t n) { return distance(strcpy(to, text(n)), to); }, 1, 1});
  check({"stpcpy", [](char *to, size_t n) { return distance(stpcpy(to, text(n)), to); }, 1, 1});
  check({"__stpcpy", [](char *to, size_t n) { return distance(__stpcpy(to, text(n)), to); }, 1, 1});
  check({"strncpy", [](char *to, size_t n) { return distance(strncpy(to, text(n), n), to); }});
  check({"strncpy that pads", [](char *to, size_t n) { return padded(n, to, strncpy); }});
  check({"stpncpy", [](char *to, size_t n) { return distance(stpncpy(to, text(n + 5), n), to); }});
  check({"stpncpy that pads", [](char *to, size_t n) { return padded(n, to, stpncpy); }});
  check({"__stpncpy", [](char *to, size_t n) { return padded(n, to, __stpncpy); }});
}

TEST_CASE("the functions that append text are tracked") {
  for (Writer w :
       {Writer{"strcat", [](char *to, size_t n) { return distance(strcat(to, text(n)), to); }},
        {"strncat", [](char *to, size_t n) { return distance(strncat(to, text(n + 9), n), to); }},
        {"strncat all", [](char *to, size_t n) { return distance(strncat(to, text(n), n + 9), to); }},
        {"__strcat_chk", [](char *to, size_t n) { return distance(__strcat_chk(to, text(n), n + 5), to); }},
        {"__strncat_chk",
         [](char *to, size_t n) { return distance(__strncat_chk(to, text(n + 9), n, n + 5), to); }}}) {
    w.extra = 5;
    w.prepare = there_is_a_word;
    check(w);
  }
}

TEST_CASE("the fortified functions that copy text are tracked") {
  check({"__strcpy_chk", [](char *to, size_t n) { return distance(__strcpy_chk(to, text(n), n + 1), to); }, 1,
         1});
  check({"__stpcpy_chk", [](char *to, size_t n) { return distance(__stpcpy_chk(to, text(n), n + 1), to); }, 1,
         1});
  check({"__strncpy_chk", [](char *to, size_t n) { return distance(__strncpy_chk(to, text(n), n, n), to); }});
  check({"__stpncpy_chk",
         [](char *to, size_t n) { return distance(__stpncpy_chk(to, text(n / 2), n, n), to); }});
}

TEST_CASE("strtok and strsep are tracked where they end a token") {
  const auto tokens = [](char *to) { memcpy(to, ";;one;two,three", 16); };
  const auto writer = [&](const char *name, std::function<long(char *)> call) {
    Writer w{name, [call](char *to, size_t) { return call(to); }};
    w.extra = 15, w.sizes = {1}, w.prepare = tokens;
    check(w);
  };
  writer("strtok", [](char *to) { return distance(strtok(to, ";"), to); });
  writer("strtok, second call", [](char *to) { return strtok(to, ";"), distance(strtok(nullptr, ","), to); });
  char *rest;
  writer("strtok_r", [&](char *to) { return distance(strtok_r(to, ";", &rest), to); });
  writer("__strtok_r", [&](char *to) { return distance(__strtok_r(to, ",", &rest), to); });
  writer("strsep", [&](char *to) {
    rest = to + 2;
    return distance(strsep(&rest, ","), to);
  });
}

TEST_CASE("the rest of a text that strtok_r and strsep keep is tracked") {
  static char line[32];
  Writer keeps_rest = test::fills_in("strtok_r's third argument", 8, 8, [](char *to) {
    strcpy(line, "a b");
    return distance(strtok_r(line, " ", reinterpret_cast<char **>(to)), line);
  });
  check(keeps_rest);
  Writer advances = test::fills_in("strsep's first argument", 8, 8, [](char *to) {
    return distance(strsep(reinterpret_cast<char **>(to), " "), line);
  });
  advances.prepare = [](char *to) {
    char *start = strcpy(line, "a b");
    memcpy(to, &start, sizeof start);
  };
  check(advances);
}

TEST_CASE("the other functions of string.h are tracked") {
  const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  check(
      {"swab", [](char *to, size_t n) { return swab(text(2 * n), to, static_cast<ssize_t>(2 * n)), 0L; }, 2});
  check({"strxfrm", [](char *to, size_t n) { return long(strxfrm(to, text(n), n + 1)); }, 1, 1});
  check({"strxfrm, too short", [](char *to, size_t n) { return long(strxfrm(to, text(n + 9), n)); }});
  check({"strxfrm_l", [&](char *to, size_t n) { return long(strxfrm_l(to, text(n), n + 1, locale)); }, 1, 1});
  check({"__strxfrm_l", [&](char *to, size_t n) { return long(__strxfrm_l(to, text(n), n + 1, locale)); }, 1,
         1});
  check(test::fills_in(
      "__xpg_strerror_r", 32, 1, [](char *to) { return __xpg_strerror_r(EINVAL, to, 32); }, true));
  // GNU's uses the buffer only for numbers that it does not know.
  check(test::fills_in(
      "strerror_r", 32, 1, [](char *to) { return distance(strerror_r(9999, to, 32), to); }, true));
  check(test::fills_in(
      "__strerror_r", 32, 1, [](char *to) { return distance(__strerror_r(9999, to, 32), to); }, true));

  Writer shuffled = test::fills_in("strfry", 200, 1, [](char *to) { return distance(strfry(to), to); });
  shuffled.prepare = [](char *to) { memcpy(to, text(199), 200); };
  check(shuffled);
  freelocale(locale);
}
