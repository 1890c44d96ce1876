#include <catch2/catch.hpp>
#include <cstdlib>

#include "writer_check.h"

using test::check, test::fills_in, test::Writer;

// Descending, for the bytes of the file ascend.
static int by_value(const void *a, const void *b) {
  const auto x = *static_cast<const unsigned char *>(a), y = *static_cast<const unsigned char *>(b);
  return (x < y) - (x > y);
}

TEST_CASE("qsort is tracked") {
  Writer sort{"qsort", [](char *to, size_t n) { return qsort(to, n, 1, by_value), 0L; }};
  sort.sizes = {0, 8, 63, 64, 65, 4095, 4097};
  check(sort);
  Writer with_context{"qsort_r", [](char *to, size_t n) {
                        size_t calls = 0;
                        qsort_r(
                            to, n, 1,
                            [](const void *a, const void *b, void *counter) {
                              ++*static_cast<size_t *>(counter);
                              return by_value(a, b);
                            },
                            &calls);
                        return long(calls);
                      }};
  with_context.sizes = {0, 8, 63, 64, 65, 4095, 4097};
  check(with_context);
}

TEST_CASE("states of random number generators are tracked") {
  const auto state = [](char *to) { return reinterpret_cast<unsigned short *>(to); };
  check(fills_in(
      "rand_r", 4, 4, [](char *to) { return long(rand_r(reinterpret_cast<unsigned *>(to))); }, true));
  check(fills_in("erand48", 6, 2, [=](char *to) { return long(1e9 * erand48(state(to))); }, true));
  check(fills_in("nrand48", 6, 2, [=](char *to) { return nrand48(state(to)); }, true));
  check(fills_in("jrand48", 6, 2, [=](char *to) { return jrand48(state(to)); }, true));

  const auto data = [](char *to) { return reinterpret_cast<drand48_data *>(to); };
  static double real;
  static long whole;
  const size_t bytes = sizeof(drand48_data);
  check(fills_in("srand48_r", bytes, 8, [=](char *to) { return long(srand48_r(5, data(to))); }, true));
  check(fills_in("drand48_r", bytes, 8, [=](char *to) { return long(drand48_r(data(to), &real)); }, true));
  check(fills_in("lrand48_r", bytes, 8, [=](char *to) { return long(lrand48_r(data(to), &whole)); }, true));
  check(fills_in("mrand48_r", bytes, 8, [=](char *to) { return long(mrand48_r(data(to), &whole)); }, true));
  static drand48_data started = {};
  check(fills_in("lrand48_r's result", 8, 8,
                 [](char *to) { return long(lrand48_r(&started, reinterpret_cast<long *>(to))); }));
  check(fills_in("mrand48_r's result", 8, 8,
                 [](char *to) { return long(mrand48_r(&started, reinterpret_cast<long *>(to))); }));
  check(fills_in("drand48_r's result", 8, 8,
                 [](char *to) { return long(drand48_r(&started, reinterpret_cast<double *>(to))); }));
}
