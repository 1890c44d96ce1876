// Invariants 1 and 2: atomic, durable. Killed at random instants, again and again, each time continuing the
// same file.
//
// Where to aim is a function of the seed, which is printed when something is wrong: SNAPSHOT_TEST_SEED=...
// aims the same way. What is hit depends on the machine; that the checks are right does not.
#include <chrono>
#include <random>

#include "scene.h"
#include "support/effort.h"

using namespace crash;

namespace {

std::uint64_t chosen_seed() {
  const char *text = std::getenv("SNAPSHOT_TEST_SEED");
  static const std::uint64_t seed =
      text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device()();
  return seed;
}

void busy_wait(std::uint64_t nanoseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(nanoseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
}

// Waits for so many reports, and a little longer, and kills. all(number) sees every report.
template <typename All>
void kill_after(SubjectProcess &process, std::uint64_t reports, std::uint64_t nanoseconds, All all) {
  std::uint64_t number;
  for (; reports > 0 && process.next_report(&number); --reports) all(number);
  busy_wait(nanoseconds);
  process.kill_now();
  while (process.next_report(&number)) all(number);
  REQUIRE(process.wait() == test::killed);
}

std::string reproduce(const char *what) {
  return std::string(what) + "; aim the same way with SNAPSHOT_TEST_SEED=" + std::to_string(chosen_seed()) +
         " crash_test \"*random*\"";
}

void kill_again_and_again(const Workload &workload, const Medium &medium, double seconds) {
  std::mt19937_64 random(chosen_seed());
  States states(workload);
  const Scene scene(workload, medium);
  const test::Deadline deadline(seconds);
  std::uint64_t k = 0;
  // However slow the disk: a few at least.
  for (int kills = 0; kills < 3 || !deadline.passed(); ++kills) {
    INFO(reproduce(workload.name) << ", on " << medium.name << " by " << medium.protocol << ", kill " << kills
                                  << ", from state " << k);
    SubjectProcess process(CRASH_SUBJECT,
                           {"run", workload.name, scene.path(), std::to_string(k + 1), "1000000000"},
                           settings_of(medium), errors_of(scene.path()));
    kill_after(process, random() % 20, random() % 2000000, [&k](std::uint64_t number) { k = number; });
    INFO(scene.errors());
    if (random() % 2 == 0) scene.recover();
    // Otherwise the next round recovers it; only now and then is it looked at in between.
    if (random() % 4 == 0) REQUIRE(scene.open("", media[random() % std::size(media)]) == 0);
    scene.recover();
    k = scene.check(states, k);
    states.drop_before(k);
  }
}

// On page-cache media they share syncs.
void kill_threads(const Medium &medium) {
  constexpr std::size_t threads = 3, part = 65536;
  std::mt19937_64 random(chosen_seed());
  test::TempDir dir(medium.directory);
  const std::string path = dir / "data";
  test::write_file(path, std::string(threads * part, 0));
  // State k of a part: k everywhere, except that each third commit changes only some lines.
  auto word_at = [](std::uint64_t k, std::size_t i) { return k % 3 == 0 && i % 40 != 0 ? k - 1 : k; };
  std::uint64_t first = 1;
  const test::Deadline deadline(2);
  for (int kills = 0; !deadline.passed(); ++kills) {
    INFO(reproduce("threads") << ", kill " << kills);
    std::uint64_t returned[threads] = {};
    SubjectProcess process(CRASH_SUBJECT, {"threads", path, std::to_string(threads), std::to_string(first)},
                           settings_of(medium));
    kill_after(process, random() % 100, random() % 1000000, [&](std::uint64_t number) {
      returned[number >> 56] = number & ((std::uint64_t{1} << 56) - 1);
    });
    snapshot::FileReport report;
    REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
    const std::string bytes = test::read_file(path);
    REQUIRE(bytes.size() == threads * part);
    std::uint64_t newest = first;
    for (std::size_t t = 0; t < threads; ++t) {
      const auto *words = reinterpret_cast<const std::uint64_t *>(&bytes[t * part]);
      // Word 0 changes each time.
      const std::uint64_t k = words[0];
      INFO("thread " << t << " is at " << k << ", returned " << returned[t]);
      if (returned[t] != 0) REQUIRE((k == returned[t] || k == returned[t] + 1));
      if (returned[t] == 0) REQUIRE((k <= first || kills == 0));
      if (k >= first && k != 0) {
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < part / 8; ++i) wrong += words[i] != word_at(k, i);
        REQUIRE((wrong == 0 || (k == first && k % 3 == 0)));
      }
      newest = std::max(newest, k);
    }
    first = (newest + 3) / 3 * 3 + 1;  // a full one
  }
}

}  // namespace

TEST_CASE("invariant 1: atomic: killed at random instants") {
  for (const char *name : {"little", "many-runs", "much", "grow", "shrink", "close"})
    for (const Medium &medium : media) kill_again_and_again(workload_named(name), medium, 0.4);
}

TEST_CASE("invariant 1: atomic: killed at random instants while threads commit parts of their own") {
  for (const Medium &medium : media) kill_threads(medium);
}
