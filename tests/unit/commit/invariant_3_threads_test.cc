// Invariant 3: no lost update, under real concurrency. Each case aims at one of the races of design.md,
// section 2; those that need a thread to stand still at one instruction are in invariant_3_stepped_test.cc.
#include <pthread.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <memory>

#include "ledger.h"
#include "support/effort.h"

using namespace test;

namespace {

std::uint64_t stored_by(const std::vector<Storer *> &storers) {
  std::uint64_t stores = 0;
  for (const Storer *s : storers) stores += s->stored();
  return stores;
}

// Runs commits until the time is up and there have been enough stores, or something is lost; the storers'
// threads run meanwhile.
void commit_for(double seconds, const MappedFile &file, const std::vector<Storer *> &storers,
                std::uint64_t stores_min = 0) {
  Auditor auditor(file, storers);
  const Deadline deadline(seconds), patience(60);
  const auto enough = [&] { return stored_by(storers) >= stores_min || patience.passed(); };
  bool intact = true;
  while (intact && !(deadline.passed() && enough())) intact = auditor.commit_and_look();
  INFO(auditor.what());
  CHECK(intact);
  CHECK(auditor.commits() > 10);
}

void check_that_all_is_there(const MappedFile &file) {
  REQUIRE(file.commit() == 0);
  CHECK((file.on_file() == file.working()));
}

// Many stores to memory that is in no cache: what is stored after them waits in the CPU's store buffer for
// long.
class StoreBufferFiller {
 public:
  // From none to as many as the buffer of a current CPU holds.
  void fill() {
    for (std::uint64_t i = random_ >> 58; i > 0; --i) {
      random_ = random_ * 6364136223846793005u + 1442695040888963407u;
      plain_store(&memory_[random_ >> 41], random_);
    }
  }

 private:
  std::unique_ptr<std::uint64_t[]> memory_{new std::uint64_t[1 << 23]()};
  std::uint64_t random_ = 1;
};

}  // namespace

TEST_CASE(
    "invariant 3: no lost update: stores that wait in the store buffer while a commit clears the marks") {
  // Each line is dirtied by one store, and then stored to again at once: the second store finds the line
  // marked, so nothing but the commit's thread fence brings it into the copy that is being made.
  ScratchFile file(1 << 20);
  Storer storer(slots(file, 8, 64, (1 << 20) / 64));
  {
    StoreBufferFiller filler;
    Worker thread([&](const std::atomic<bool> &stop) {
      store(storer.next_slot() - 1, storer.next_value());
      filler.fill();
      storer.store_next();
      storer.stay_within(1000, stop);
    });
    commit_for(2, file, {&storer});
  }
  CHECK(storer.stored() > 1000);
  check_that_all_is_there(file);
}

TEST_CASE(
    "invariant 3: no lost update: threads with lines of their own and lines they share, two committers") {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  constexpr std::uint64_t stores_min = 10000;
#else
  constexpr std::uint64_t stores_min = 2'000'000;
#endif
  ScratchFile file(1 << 20);
  std::vector<std::unique_ptr<Storer>> storers;
  std::vector<Storer *> all;
  for (std::size_t t = 0; t < 4; ++t) {
    // Word t of 64 shared lines (false sharing), and 64 lines of its own.
    auto some = slots(file, t * 8, 64, 64);
    for (auto *slot : slots(file, 65536 + t * 65536, 192, 64)) some.push_back(slot);
    storers.push_back(std::make_unique<Storer>(some));
    all.push_back(storers.back().get());
  }
  {
    std::vector<std::unique_ptr<Worker>> threads;
    for (Storer *s : all)
      threads.push_back(std::make_unique<Worker>([s](const std::atomic<bool> &stop) {
        s->store_next();
        s->stay_within(5000, stop);
      }));
    Auditor second(file, all);
    std::atomic<bool> second_intact{true};
    Worker committer([&](const std::atomic<bool> &) {
      if (second_intact && !second.commit_and_look()) second_intact = false;
    });
    commit_for(2, file, all, stores_min);
    INFO(second.what());
    CHECK(second_intact);
  }
  CHECK(stored_by(all) >= stores_min);
  check_that_all_is_there(file);
}

TEST_CASE("invariant 3: no lost update: two first stores to one line, then a commit by either") {
  ScratchFile file(1 << 20);
  const std::uint64_t lines = (1 << 20) / 64;
  std::atomic<std::uint64_t> turn[2] = {};
  std::atomic<std::uint64_t> finished{0};
  std::atomic<bool> lost{false};
  const Deadline deadline(1);
  std::atomic<bool> stop{false};
  auto meet = [&turn](std::uint64_t me, std::uint64_t round) {
    turn[me].store(round, std::memory_order_release);
    while (turn[1 - me].load(std::memory_order_acquire) < round) std::this_thread::yield();
  };
  auto body = [&](std::uint64_t me) {
    for (std::uint64_t round = 1;; ++round) {
      std::uint64_t *line = file.word(round % lines * 8);
      meet(me, 3 * round);
      if (stop) return;
      store(line + me, round);
      meet(me, 3 * round + 1);
      if (round % 2 == me) {
        if (snapshot_commit(line, 64) != 0 || backing_word(line) != round || backing_word(line + 1) != round)
          lost = true;
        finished = round;
        if (lost || deadline.passed()) stop = true;
      }
      meet(me, 3 * round + 2);
    }
  };
  std::thread other([&] { body(1); });
  body(0);
  other.join();
  INFO("round " << finished);
  CHECK_FALSE(lost);
  CHECK(finished > 10);
}

TEST_CASE("invariant 3: no lost update: threads are created, store and exit while others commit") {
  ScratchFile file(1 << 20);
  Storer storer(slots(file, 0, 64, 4096));
  {
    // Each thread lives for a few stores; the next one is created when it is gone, or about to go.
    Worker thread([&](const std::atomic<bool> &) {
      std::thread([&] {
        for (int i = 0; i < 5; ++i) storer.store_next();
      }).join();
    });
    commit_for(2, file, {&storer});
  }
  CHECK(storer.stored() > 1000);
  check_that_all_is_there(file);
}

TEST_CASE("invariant 3: no lost update: what a thread stored and left uncommitted when it exited") {
  ScratchFile file(1 << 20);
  std::uint64_t value = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t, value] {
        for (std::size_t i = 0; i < 10; ++i) store(file.word((t * 100 + i) * 8), value + t * 10 + i + 1);
      });
    for (auto &t : threads) t.join();
    value += 40;
    REQUIRE(file.commit() == 0);
    REQUIRE((file.on_file() == file.working()));
  }
}

TEST_CASE("invariant 3: no lost update: a committer takes from a list that is being appended to") {
  // More lines than the first segments of a list hold, so that it grows and wraps while it is emptied.
  ScratchFile file(16 << 20);
  Storer storer(slots(file, 0, 128, 100000));
  {
    Worker thread([&](const std::atomic<bool> &stop) {
      storer.store_next();
      // Now in step with the committer, now far ahead of it.
      storer.stay_within(storer.next_value() / 50000 % 2 == 0 ? 100 : 40000, stop);
    });
    commit_for(2, file, {&storer});
  }
  CHECK(storer.stored() > 10000);
  check_that_all_is_there(file);
}

TEST_CASE("invariant 3: no lost update: an atomic publishes itself, and who sees it commits at once") {
  ScratchFile file(1 << 20);
  const std::size_t count = 256;
  std::atomic<std::uint64_t> turn{0};
  Worker writer([&](const std::atomic<bool> &) {
    // The value is all that the other thread gets to know.
    const std::uint64_t v = turn.load(std::memory_order_relaxed) + 1;
    (void)fetch_add(file.word(v % count * 8), v);
    while (turn.load(std::memory_order_relaxed) < v &&
           turn.load(std::memory_order_relaxed) != ~std::uint64_t{0})
      std::this_thread::yield();
  });
  const Deadline deadline(1);
  bool intact = true;
  std::uint64_t v = 0;
  while (intact && !deadline.passed()) {
    std::uint64_t *at = file.word(++v % count * 8);
    const std::uint64_t before = backing_word(at);
    while (__atomic_load_n(at, __ATOMIC_ACQUIRE) == before) std::this_thread::yield();
    intact = snapshot_commit(at, 8) == 0 && backing_word(at) == before + v;
    turn.store(v, std::memory_order_relaxed);
  }
  turn.store(~std::uint64_t{0}, std::memory_order_relaxed);
  CHECK(intact);
  CHECK(v > 100);
}

TEST_CASE("two threads commit different files, and each finds its own lines") {
  TempDir dir;
  MappedFile a(dir / "a", 1 << 16), b(dir / "b", 1 << 16);
  std::atomic<bool> failed{false};
  auto body = [&failed](MappedFile &file) {
    for (std::uint64_t i = 1; i <= 20000 && !failed; ++i) {
      store(file.word(i % 1024), i);
      if (file.commit() != 0 || backing_word(file.word(i % 1024)) != i) failed = true;
    }
  };
  std::thread other([&] { body(b); });
  body(a);
  other.join();
  CHECK_FALSE(failed);
}

namespace {

struct SignalStorm {
  static inline Storer *handlers_storer;
  static inline const MappedFile *handlers_file;
  static inline std::atomic<std::uint64_t> committed{0}, refused{0}, failed{0};

  // Stores in each call; commits in some, which may find that this very thread is in the middle of a commit.
  static void handler(int) {
    const int saved = errno;
    handlers_storer->store_next();
    if (handlers_storer->stored() % 8 == 0) {
      if (handlers_file->commit() == 0)
        ++committed;
      else
        ++(errno == EDEADLK ? refused : failed);
    }
    errno = saved;
  }
};

}  // namespace

TEST_CASE("invariant 3: no lost update: a storm of signals whose handler stores, and now and then commits") {
  ScratchFile file(1 << 20);
  Storer main_storer(slots(file, 0, 64, 500)), handlers_storer(slots(file, 8, 64, 500));
  SignalStorm::handlers_storer = &handlers_storer;
  SignalStorm::handlers_file = &file;
  struct sigaction action = {}, before = {};
  action.sa_handler = SignalStorm::handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR2, &action, &before);
  {
    // The storm meets a thread that does nothing but store and commit.
    std::atomic<bool> stop{false};
    std::thread target([&] {
      Auditor auditor(file, {&main_storer});
      for (int i = 0; !stop.load(std::memory_order_relaxed); ++i) {
        main_storer.store_next();
        if (i % 4 == 0 && !auditor.commit_and_look()) ++SignalStorm::failed;
      }
    });
    {
      Worker storm([&](const std::atomic<bool> &) {
        pthread_kill(target.native_handle(), SIGUSR2);
        for (int i = 0; i < 50; ++i) __builtin_ia32_pause();
      });
      commit_for(1.5, file, {&main_storer, &handlers_storer});
    }
    stop = true;
    target.join();
  }
  sigaction(SIGUSR2, &before, nullptr);
  CHECK(SignalStorm::failed == 0);
  CHECK(SignalStorm::committed > 0);
  check_that_all_is_there(file);
}
