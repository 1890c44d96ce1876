// setjmp and longjmp, and C++ exceptions, through frames that store.
#include <setjmp.h>

#include <stdexcept>

#include "life.h"

using namespace life;

namespace {

jmp_buf back;

struct StoresWhenUnwound {
  char *to;
  ~StoresWhenUnwound() { store(to, "unwound"); }
};

__attribute__((noinline)) void store_and_throw(char *to, int depth) {
  const StoresWhenUnwound guard{to + 64 * depth + 32};
  store(to + 64 * depth, "thrown");
  if (depth == 3) throw std::runtime_error("deep");
  store_and_throw(to, depth + 1);
}
__attribute__((noinline)) void store_and_jump(char *to, int depth) {
  store(to + 64 * depth, "jumped");
  if (depth == 3) longjmp(back, 1);
  store_and_jump(to, depth + 1);
}

}  // namespace

CASE(exceptions_through_frames_that_store) {
  kill_after([] {
    const File file("data", kPage);
    char *m = file.map(kPage);
    try {
      store_and_throw(m, 0);
    } catch (const std::runtime_error &) {
      store(m + 1000, "caught");
    }
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    store(m, "killed");
  });
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "thrown" : "killed");
  for (std::size_t depth = 0; depth < 4; ++depth) EXPECT_SAME(in_file("data", 64 * depth + 32, 7), "unwound");
  EXPECT_SAME(in_file("data", 1000, 6), "caught");
}

CASE(longjmp_through_frames_that_store) {
  kill_after([] {
    const File file("data", kPage);
    char *m = file.map(kPage);
    if (setjmp(back) == 0) store_and_jump(m, 0);
    store(m + 1000, "landed");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    store(m, "killed");
  });
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "jumped" : "killed");
  for (std::size_t depth = 1; depth < 4; ++depth) EXPECT_SAME(in_file("data", 64 * depth, 6), "jumped");
  EXPECT_SAME(in_file("data", 1000, 6), "landed");
}
