// The queue between a storing thread and the committers: nothing is lost, doubled or reordered, when it
// wraps, grows, and is emptied at the same time.
#include "track/dirty_list.h"

#include <catch2/catch.hpp>
#include <thread>

#include "support/effort.h"

using snapshot::DirtyList;
using snapshot::Run;
using snapshot::u64;

namespace {

Run numbered(u64 n) { return {n, 1}; }
bool append(DirtyList &list, u64 n) { return list.append(numbered(n)); }

// Takes all there is; false if it is not first, first + 1, ... *next is the number after the last.
bool take_all(DirtyList &list, u64 *next) {
  bool in_order = true;
  list.take_all([&](const u64 *packed, u64 count) {
    for (u64 i = 0; i < count; ++i) in_order = in_order && packed[i] == numbered((*next)++).packed();
  });
  return in_order;
}

bool is_empty(DirtyList &list) {
  bool empty = true;
  list.take_all([&](const u64 *, u64) { empty = false; });
  CHECK(list.empty() == empty);
  return empty;
}

}  // namespace

TEST_CASE("a list gives back what was appended, in order, and is empty then") {
  DirtyList list;
  CHECK(is_empty(list));
  u64 appended = 0, next = 0;
  // Every fill level of the first segments, and several laps of the ring.
  for (u64 batch : {1u, 2u, 100u, 2000u, 2030u, 2031u, 2032u, 2033u, 1u, 5000u, 100000u, 1u, 300000u, 7u}) {
    for (u64 i = 0; i < batch; ++i) REQUIRE(append(list, appended++));
    REQUIRE(take_all(list, &next));
    REQUIRE(next == appended);
    CHECK(is_empty(list));
  }
}

TEST_CASE("a list that is emptied after every few appends keeps its order across wraps") {
  DirtyList list;
  u64 appended = 0, next = 0;
  for (u64 i = 0; i < 500000; ++i) {
    REQUIRE(append(list, appended++));
    if (i % 3 == 0) continue;
    REQUIRE(take_all(list, &next));
    REQUIRE(next == appended);
  }
  REQUIRE(take_all(list, &next));
  CHECK(next == appended);
}

TEST_CASE("one thread appends while another takes") {
  DirtyList list;
  const test::Deadline deadline(1.5);
  std::atomic<u64> appended{0};
  std::atomic<bool> done{false};
  std::thread producer([&] {
    for (u64 n = 0; !deadline.passed();) {
      // Bursts of every size, so that the consumer is now far behind, now waiting.
      for (u64 burst = 1 + n % 9973; burst > 0; --burst)
        if (!append(list, n++)) return;
      appended.store(n, std::memory_order_release);
      if (n % 5 == 0) std::this_thread::yield();
    }
    done = true;
  });
  u64 next = 0;
  bool in_order = true;
  while (in_order && (!done || next != appended.load(std::memory_order_acquire))) {
    // What was appended before the look must be seen by it.
    const u64 before = appended.load(std::memory_order_acquire);
    in_order = take_all(list, &next) && next >= before;
  }
  producer.join();
  CHECK(in_order);
  CHECK(next > 10000);
}

TEST_CASE("a list that is looked at keeps its entries until they are dropped, and those that come later") {
  DirtyList list;
  u64 appended = 0, next = 0;
  unsigned looks = 0;
  for (u64 i = 0; i < 100000; ++i) {
    for (u64 k = 0; k < 1 + i % 7; ++k) REQUIRE(append(list, appended++));
    DirtyList::Entries seen;
    if (!list.look(&seen)) {  // they lie around the end of the ring
      REQUIRE(take_all(list, &next));
      continue;
    }
    ++looks;
    REQUIRE(seen.count == appended - next);
    for (u64 k = 0; k < seen.count; ++k) REQUIRE(seen.begin[k] == numbered(next + k).packed());
    if (i % 3 == 0) REQUIRE(append(list, appended++));
    list.drop(seen);
    next += seen.count;
  }
  REQUIRE(take_all(list, &next));
  CHECK(next == appended);
  CHECK(looks > 90000);
}

TEST_CASE("a list begins again at its begin only when it is empty") {
  DirtyList list;
  u64 appended = 0, next = 0;
  const auto begin_of_next = [&] {
    REQUIRE(append(list, appended++));
    DirtyList::Entries seen;
    REQUIRE(list.look(&seen));
    list.drop(seen);
    next += seen.count;
    return seen.begin;
  };
  const u64 *const begin = begin_of_next();
  CHECK(begin_of_next() == begin + 1);
  list.rewind();
  CHECK(begin_of_next() == begin);
  REQUIRE(append(list, appended++));
  list.rewind();  // not empty
  REQUIRE(take_all(list, &next));
  CHECK(begin_of_next() == begin + 2);
  // Over the end of the ring, and into a second segment, which the first one's begin is not part of.
  for (u64 i = 0; i < 5000; ++i) REQUIRE(append(list, appended++));
  list.rewind();
  REQUIRE(take_all(list, &next));
  list.rewind();
  CHECK(begin_of_next() != begin);
  for (u64 i = 0; i < 5000; ++i) REQUIRE(append(list, appended++));
  REQUIRE(take_all(list, &next));
  CHECK(next == appended);
}
