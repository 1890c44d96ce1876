#include <strings.h>

#include <catch2/catch.hpp>

#include "writer_check.h"

using test::check, test::distance, test::text;

extern "C" {
void *__memcpy_chk(void *, const void *, size_t, size_t);
void *__memmove_chk(void *, const void *, size_t, size_t);
void *__mempcpy_chk(void *, const void *, size_t, size_t);
void *__memset_chk(void *, int, size_t, size_t);
void __explicit_bzero_chk(void *, size_t, size_t);
void __bzero(void *, size_t);
}

TEST_CASE("the mem functions are tracked") {
  check({"memcpy", [](char *to, size_t n) { return distance(memcpy(to, text(n), n), to); }});
  check({"memmove", [](char *to, size_t n) { return distance(memmove(to, text(n), n), to); }});
  check({"mempcpy", [](char *to, size_t n) { return distance(mempcpy(to, text(n), n), to); }});
  check({"__mempcpy", [](char *to, size_t n) { return distance(__mempcpy(to, text(n), n), to); }});
  check({"memset", [](char *to, size_t n) { return distance(memset(to, 7, n), to); }});
  check({"memccpy", [](char *to, size_t n) { return distance(memccpy(to, text(n), 0, n), to); }});
  check({"memccpy that stops",
         [](char *to, size_t n) { return distance(memccpy(to, text(n + 9), 0, n + 100), to); }, 1, 10});
  check({"memfrob", [](char *to, size_t n) { return distance(memfrob(to, n), to); }});
  check({"bcopy", [](char *to, size_t n) { return bcopy(text(n), to, n), 0L; }});
  check({"bzero", [](char *to, size_t n) { return bzero(to, n), 0L; }});
  check({"__bzero", [](char *to, size_t n) { return __bzero(to, n), 0L; }});
  check({"explicit_bzero", [](char *to, size_t n) { return explicit_bzero(to, n), 0L; }});
}

TEST_CASE("memmove and memcpy within a file may overlap") {
  check({"memmove up", [](char *to, size_t n) { return distance(memmove(to + 3, to, n), to); }, 1, 3});
  check({"memmove down", [](char *to, size_t n) { return distance(memmove(to, to + 3, n), to); }, 1, 3});
  // memcpy@GLIBC_2.2.5 was a memmove, and ours has no version.
  check({"memcpy up", [](char *to, size_t n) { return distance(memcpy(to + 3, to, n), to); }, 1, 3});
}

TEST_CASE("the fortified mem functions are tracked") {
  check({"__memcpy_chk", [](char *to, size_t n) { return distance(__memcpy_chk(to, text(n), n, n), to); }});
  check({"__memmove_chk", [](char *to, size_t n) { return distance(__memmove_chk(to, text(n), n, n), to); }});
  check({"__mempcpy_chk", [](char *to, size_t n) { return distance(__mempcpy_chk(to, text(n), n, n), to); }});
  check({"__memset_chk", [](char *to, size_t n) { return distance(__memset_chk(to, 7, n, n), to); }});
  check({"__explicit_bzero_chk", [](char *to, size_t n) { return __explicit_bzero_chk(to, n, n), 0L; }});
}
