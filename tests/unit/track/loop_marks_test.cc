// Invariant 3: no lost update, for a loop whose stores are marked when it has ended, while another thread
// commits.
//
// Method: a thread fills an array with 2, then 4, 6, ...; some words get one more. It says, in memory that is
// not managed, how far it is. The committer notes that, commits, and looks into the file: no word may be
// older. Most commits come in the middle of a fill, clear the marks, and copy lines that the rest of the fill
// stores to.
#include <catch2/catch.hpp>
#include <thread>

#include "support/effort.h"
#include "support/mapped_file.h"

#if defined(SNAPSHOT_HAS_PASS)

using namespace test;

extern "C" void fill_instrumented(std::uint64_t *to, std::size_t words, std::uint64_t value);

namespace {

std::size_t first_older(const MappedFile &file, std::size_t words, std::uint64_t value) {
  std::size_t i = 0;
  while (i < words && backing_word(file.word(i)) >= value) ++i;
  return i;
}

}  // namespace

TEST_CASE("invariant 3: no lost update: a loop is marked at its end, and others commit in the middle") {
  constexpr std::size_t words = 32 << 10;
  ScratchFile file(words * 8);
  std::atomic<std::uint64_t> filled{0}, seen{0};
  std::atomic<bool> stop{false};
  std::thread storer([&] {
    for (std::uint64_t value = 2; !stop.load(std::memory_order_relaxed); value += 2) {
      fill_instrumented(file.word(0), words, value);
      filled.store(value, std::memory_order_release);
      // The next fill would mark what this one did not.
      while (seen.load(std::memory_order_relaxed) < value && !stop.load(std::memory_order_relaxed))
        std::this_thread::yield();
    }
  });
  const Deadline deadline(1);
  std::uint64_t value = 0, rounds = 0;
  std::size_t older = words;
  int committed = 0;
  for (; committed == 0 && older == words && (!deadline.passed() || rounds < 20); ++rounds) {
    value = filled.load(std::memory_order_acquire);
    committed = file.commit();
    older = first_older(file, words, value);
    seen.store(value, std::memory_order_relaxed);
  }
  stop = true;
  storer.join();
  INFO("commit " << rounds << ", after the fill with " << value << ": word " << older);
  CHECK(committed == 0);
  CHECK(older == words);
  CHECK(filled > 20);
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}

#endif
