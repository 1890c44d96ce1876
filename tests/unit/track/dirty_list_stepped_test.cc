// The queue between a storing thread and the committers, instruction by instruction
// (support/stepped_thread.h).
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "support/stepped_thread.h"
#include "track/dirty_list.h"

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

using namespace test;
using snapshot::DirtyList;
using snapshot::Run;
using snapshot::u64;

namespace {

// Enough to fill the first segment of a list and go on in the second.
constexpr u64 two_segments = 3000;
constexpr u64 lists = 2000;

bool append_up_to(DirtyList &list, u64 *appended, u64 end) {
  while (*appended < end)
    if (!list.append(Run{(*appended)++, 1})) return false;
  return true;
}

}  // namespace

TEST_CASE("an append that fills a segment and goes on in a new one, at each instruction of take") {
  // For each number of entries that the consumer finds, and at each of its instructions, the producer appends
  // so many that it leaves the first segment. Whatever the consumer gets must be in order and without a gap.
  Helpline helpline;
  SteppedThread consumer([&] {
    std::vector<DirtyList> all(lists);
    u64 appended = 0;
    std::thread producer([&] {
      for (;;) {
        const u64 list = helpline.next_request();
        helpline.reply(append_up_to(all[list], &appended, two_segments) ? 'y' : 'n');
      }
    });
    for (DirtyList &list : all) {
      appended = 0;
      u64 next = 0;
      if (!append_up_to(list, &appended, static_cast<u64>(&list - all.data()) % 2)) _exit(2);
      bool in_order = true;
      auto take_all = [&] {
        list.take_all([&](const u64 *packed, u64 count) {
          for (u64 i = 0; i < count; ++i, ++next) in_order = in_order && packed[i] == Run{next, 1}.packed();
        });
      };
      mark_for_tracer();
      take_all();
      take_all();
      mark_for_tracer();
      take_all();
      if (!in_order || next != appended) _exit(3);
    }
    _exit(0);
    return 0;
  });
  bool finished[2] = {};  // for no entries, for one
  u64 list = 0;
  for (; !finished[0] || !finished[1]; ++list) {
    REQUIRE(consumer.run_to_mark());
    bool inside = true;
    for (u64 i = 0; i < list / 2 && inside; ++i) inside = consumer.step();
    INFO("at instruction " << list / 2 << " of two takes, " << list % 2 << " entries there before");
    if (!inside) {
      finished[list % 2] = true;
      continue;
    }
    REQUIRE(helpline.ask(list) == 'y');
    REQUIRE(consumer.run_to_mark());
  }
  CHECK(list > 50);
  CHECK(consumer.status() == 0);
}

#endif
