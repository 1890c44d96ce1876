// What tracking costs a store, in instructions: pinned, so that a change that makes the store path longer is
// seen. The instructions are counted by executing them one by one (support/stepped_thread.h).
#include <catch2/catch.hpp>
#include <iostream>

#include "support/mapped_file.h"
#include "support/stepped_thread.h"

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

using namespace test;

#if defined(SNAPSHOT_HAS_PASS)
extern "C" void store_plainly(long *to, long value);
extern "C" void store_instrumented(long *to, long value);
#endif

namespace {

struct Costs {
  std::uint64_t unmanaged, dirty, mark, mark_two_lines;
};

SNAPSHOT_COLD_CALL void return_at_once(const volatile void *, size_t) {}

// Not inlined and not specialised, so that there is the same code around every call.
using Mark = SNAPSHOT_COLD_CALL void (*)(const volatile void *, size_t);
[[gnu::noinline]] void timed_mark(Mark f, const void *at) {
  __asm__ volatile("" : "+r"(f), "+r"(at));
  mark_for_tracer();
  f(at, 8);
  mark_for_tracer();
}
[[maybe_unused, gnu::noinline]] void timed_store(void (*f)(long *, long), long *at) {
  __asm__ volatile("" : "+r"(f), "+r"(at));
  mark_for_tracer();
  f(at, 1);
  mark_for_tracer();
}

// In the child: each call between two marks, all through the same kind of pointer, the empty function first.
int make_calls() {
  ScratchFile file(1 << 16);
  long *managed = file.at<long>(256);
  auto *pair = file.at<long>(512 - 4);  // across two lines
  long unmanaged[8] = {};
  __snapshot_mark(managed, 8);
  __snapshot_mark(pair, 8);
  timed_mark(&return_at_once, managed);
  timed_mark(&__snapshot_mark, managed);
  timed_mark(&__snapshot_mark, pair);
#if defined(SNAPSHOT_HAS_PASS)
  timed_store(store_plainly, unmanaged);
  timed_store(store_instrumented, unmanaged);
  timed_store(store_plainly, managed);
  timed_store(store_instrumented, managed);
#endif
  file.unmap();
  return unmanaged[0] == 7;
}

std::uint64_t next_count(SteppedThread &thread) {
  if (!thread.run_to_mark()) throw std::runtime_error("the child is gone");
  const std::uint64_t before = thread.steps();
  while (thread.step()) {
  }
  return thread.steps() - before;
}

Costs measure() {
  SteppedThread thread(make_calls);
  Costs costs = {};
  // The empty function has one instruction, its return.
  const std::uint64_t empty = next_count(thread) - 1;
  costs.mark = next_count(thread) - empty;
  costs.mark_two_lines = next_count(thread) - empty;
#if defined(SNAPSHOT_HAS_PASS)
  const std::uint64_t plain = next_count(thread);
  costs.unmanaged = next_count(thread) - plain;
  const std::uint64_t plain_managed = next_count(thread);
  costs.dirty = next_count(thread) - plain_managed;
#endif
  if (thread.finish() != 0) throw std::runtime_error("the child failed");
  return costs;
}

}  // namespace

TEST_CASE("the store path costs no more instructions than it did") {
  const Costs costs = measure();
  std::cout << "instructions added to a store: " << costs.unmanaged << " (not managed), " << costs.dirty
            << " (managed, line already dirty); in __snapshot_mark: " << costs.mark
            << " (line already dirty), " << costs.mark_two_lines << " (two lines, both dirty)" << std::endl;
  // Range and size, one register saved, four for each line's byte in the line map (track/mark.cc).
  CHECK(costs.mark == 20);
  CHECK(costs.mark_two_lines == 24);
#if defined(SNAPSHOT_HAS_PASS)
  // The range check alone: mov, shr, cmp, je.
  CHECK(costs.unmanaged <= 4);
  // Then two bytes of the line map: mov, shr, movabs, mov, lea, shr, mov, two tests, two jumps.
  CHECK(costs.dirty <= 15);
#endif
}

#endif
