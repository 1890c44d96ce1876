// A program that commits a large dirty region page by page must not pay for all of it each time. Counted in
// instructions (support/stepped_thread.h), not in time.
#include <catch2/catch.hpp>

#include "support/mapped_file.h"
#include "support/stepped_thread.h"
#include "support/stores.h"

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

using namespace test;

namespace {

constexpr std::size_t page = 4096;

// Instructions of the msync of one page after the first, with so many pages dirty, each line by a store of
// its own.
std::uint64_t instructions_per_page(std::size_t pages) {
  TempDir dir;
  constexpr int measured = 3;
  SteppedThread thread([&] {
    MappedFile file(dir / "data", pages * page);
    for (std::size_t i = 0; i < pages * page; i += 64) store(file.at(i), std::uint64_t{1});
    // The first one takes the lists over.
    if (msync(file.begin(), page, MS_SYNC) != 0) return 1;
    for (int i = 1; i <= measured; ++i) {
      mark_for_tracer();
      if (msync(file.begin() + static_cast<std::size_t>(i) * page, page, MS_SYNC) != 0) return 2;
      mark_for_tracer();
    }
    if (file.commit() != 0 || file.on_file() != file.working()) return 3;
    return 0;
  });
  for (int i = 0; i < measured; ++i) {
    if (!thread.run_to_mark()) throw std::runtime_error("the child is gone");
    while (thread.step()) {
    }
  }
  REQUIRE(thread.finish() == 0);
  return thread.steps() / measured;
}

}  // namespace

TEST_CASE("msync of one page costs the same however many others are dirty") {
  const std::uint64_t few = instructions_per_page(16), many = instructions_per_page(2000);
  INFO(few << " instructions with 16 pages dirty, " << many << " with 2000");
  CHECK(many < 2 * few);
}

#endif
