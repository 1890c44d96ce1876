// Parts of a test that need a process of their own: it is left as in a crash, or its descriptors and mappings
// are counted.
#pragma once
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "in_child.h"
#include "snapshot/abi.h"
#include "support/mapped_file.h"

namespace test {

inline constexpr std::size_t page = 4096;

// body(), which throws what is wrong; exit status 0 or 1. The process ends without munmap, as in a crash.
template <typename Body>
int status_of(Body body) {
  try {
    body();
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}

// The medium of this run: memory, unless SNAPSHOT_MEDIA says otherwise (CMakeLists.txt runs both).
inline std::string medium() { return std::getenv("SNAPSHOT_MEDIA"); }

// before(medium()) in a child, then after(medium()) here.
template <typename Before, typename After>
void in_own_process(Before before, After after) {
  const int status = in_child([&] { return status_of([&] { before(medium()); }); });
  CHECK(status == 0);
  if (status == 0) after(medium());
}
template <typename Body>
void in_own_process(Body body) {
  in_own_process(body, [](const std::string &) {});
}

// What instrumented code does.
inline void fill(char *at, std::size_t bytes, char letter) {
  std::memset(at, letter, bytes);
  __snapshot_mark(at, bytes);
}

}  // namespace test
