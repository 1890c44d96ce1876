// Invariant 3 where it depends on the CPU's store buffers. Claim: a store whose thread found its line marked,
// while another thread's commit cleared the mark and copied the line, is in that commit or in the next one.
// Method: the store waits in its CPU's store buffer behind others that miss the caches, so that it comes out
// after the test of the mark by a microsecond, in which a small commit begins and ends.
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "snapshot/abi.h"
#include "support/effort.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr std::size_t far_bytes = 64 << 20;

struct Race {
  explicit Race(const MappedFile &f) : file(f), far(far_bytes) {}

  // The other thread: in each round one store to the line, behind `misses` elsewhere.
  void store_in_rounds() {
    std::mt19937 random(11);
    for (std::uint64_t round = 1;; ++round) {
      if (!wait_for(begun, round)) return;
      char *places[24];
      for (char *&place : places) place = &far[random() % far_bytes];
      for (char *place : places) *static_cast<volatile char *>(place) = 1;
      *static_cast<volatile std::uint64_t *>(file.word(9)) = round;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      __snapshot_mark(file.word(9), 8);
      done.store(round, std::memory_order_release);
    }
  }

  // In each round a commit somewhere near that store, and one after it.
  void commit_in_rounds() {
    std::mt19937 random(12);
    const Deadline deadline(1.5);
    for (std::uint64_t round = 1; !deadline.passed(); ++round) {
      begun.store(round, std::memory_order_release);
      for (unsigned wait = random() % 512; wait != 0; --wait) __builtin_ia32_pause();
      *file.word(10) = round;
      __snapshot_mark(file.word(10), 8);
      if (file.commit() != 0) ++errors;
      if (backing_word(file.word(10)) != round) ++errors;
      (void)wait_for(done, round);
      if (file.commit() != 0) ++errors;
      if (backing_word(file.word(9)) != round) ++lost;
    }
    over.store(true);
  }

  // false: the rounds are over. Whoever has no CPU of its own must not keep the other from running.
  bool wait_for(const std::atomic<std::uint64_t> &number, std::uint64_t round) const {
    for (unsigned looks = 0; number.load(std::memory_order_acquire) != round; ++looks) {
      if (over.load(std::memory_order_relaxed)) return false;
      if (looks > 2000) std::this_thread::yield();
    }
    return true;
  }

  const MappedFile &file;
  std::vector<char> far;
  std::atomic<std::uint64_t> begun{0}, done{0};
  std::atomic<bool> over{false};
  std::uint64_t errors = 0, lost = 0;
};

}  // namespace

TEST_CASE("invariant 3: no lost update: a store that comes out of a store buffer late") {
  TempDir dir;
  const MappedFile file(dir / "data", 1 << 16);
  Race race(file);
  std::thread other([&] { race.store_in_rounds(); });
  race.commit_in_rounds();
  other.join();
  CHECK(race.done > 10);
  CHECK(race.errors == 0);
  CHECK(race.lost == 0);
}
