#include "base/layout.h"

#include <catch2/catch.hpp>

#include "base/run.h"

namespace s = snapshot;

TEST_CASE("the reserved ranges do not overlap and leave gaps") {
  const s::u64 backing = s::kWorkingBase + s::kBackingDistance;
  CHECK(s::kWorkingBase + s::kRangeBytes < backing);
  CHECK(backing + s::kRangeBytes < s::kLineMapBase);
  CHECK(s::kLineMapBase + s::kLineMapBytes < s::kPageMapBase);
  // User addresses end at 47 bits.
  CHECK(s::kPageMapBase + s::kPageMapBytes < (s::u64{1} << 47));
}

TEST_CASE("where a window's backing starts on a huge page, its working copy does not") {
  constexpr s::u64 huge = s::u64{2} << 20;
  CHECK(s::backing_of({s::kWorkingBase + s::kWindowSkew}).value % huge == 0);
  CHECK(s::kBackingDistance % huge != 0);
}

TEST_CASE("a line's index and its address are each other's inverse, at the first and the last line") {
  const s::u64 last = s::kRangeBytes / s::kLineBytes - 1;
  for (s::u64 line : {s::u64{0}, s::u64{1}, last}) CHECK(s::line_of(s::address_of(line).value) == line);
  CHECK(s::line_of(s::kWorkingBase + s::kLineBytes - 1) == 0);
}

TEST_CASE("exactly the working range counts as managed") {
  const auto inside = [](s::u64 address) {
    return s::in_working_range(reinterpret_cast<const void *>(address));
  };
  CHECK(inside(s::kWorkingBase));
  CHECK(inside(s::kWorkingBase + s::kRangeBytes - 1));
  CHECK_FALSE(inside(s::kWorkingBase - 1));
  CHECK_FALSE(inside(s::kWorkingBase + s::kRangeBytes));
}

TEST_CASE("a packed run comes back as it was, and is never zero") {
  const s::u64 last = s::kRangeBytes / s::kLineBytes - 1;
  for (s::u64 first : {s::u64{0}, s::u64{12345}, last})
    for (s::u64 count : {s::u64{1}, s::u64{2}, s::Run::kCountMax}) {
      const s::Run run = s::Run::unpack(s::Run{first, count}.packed());
      CHECK(run.first == first);
      CHECK(run.count == count);
      CHECK(run.packed() != 0);
    }
}
