// commit_cost: ns per commit by number of dirty lines, and ns per store on each path of the tracking.
// Compiled by snapc++; what is timed are ordinary stores and msync. usage: commit_cost-snapshot [--quick]
#include <dlfcn.h>
#include <sys/mman.h>

#include <vector>

#include "backends/snapshot.h"
#include "harness/fail.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "micro/bare_commit.h"

namespace {

constexpr std::uint64_t kFileBytes = 64 << 20;
constexpr std::uint64_t kLineWords = 8;
constexpr std::uint64_t kLines = kFileBytes / 64;

std::uint64_t *array;
unsigned rounds = 15;

void commit() {
  if (msync(array, kFileBytes, MS_SYNC) != 0) bench::worker_fails("msync");
}

// ns of cpu time per operation: body does `operations` of them.
template <typename Body>
double time_of(double operations, Body body) {
  const std::uint64_t begin = bench::cpu_ns();
  body();
  return static_cast<double>(bench::cpu_ns() - begin) / operations;
}

template <typename Round>
bench::Summary repeat(Round round) {
  std::vector<double> values;
  for (unsigned i = 0; i <= rounds; ++i) {
    const double value = round();
    if (i > 0) values.push_back(value);  // the first warms up
  }
  return bench::summarise(values);
}

// ns per commit, with the stores before it: the clock costs too much to be read between them. Lines are
// scattered: the k-th of a commit is a random line in the k-th part of the array, so that none comes twice.
template <typename Store, typename Commit>
double cost_of_commit(std::uint64_t lines, Store store, Commit commit_all) {
  const std::uint64_t commits = lines >= 65536 ? 1 : lines >= 1024 ? 8 : 16384 / lines;
  const std::uint64_t part = kLines / lines;
  static bench::Random random(1);
  return time_of(static_cast<double>(commits), [&] {
    for (std::uint64_t c = 0; c < commits; ++c) {
      for (std::uint64_t k = 0; k < lines; ++k) store(k * part + random.next() % part);
      commit_all();
    }
  });
}

void commits(bench::BareCommit &bare) {
  std::printf("stores to scattered lines of 64 MiB and a commit, SNAPSHOT_MEDIA=memory: ns, median of %u\n",
              rounds);
  std::printf("  %-8s%16s%16s%16s%16s\n", "lines", "per commit", "per line", "bare loop", "times bare");
  for (const std::uint64_t lines : {1u, 2u, 16u, 256u, 4096u, 65536u, 1048576u}) {
    const bench::Rounds times = bench::interleave(2, rounds, [&](std::size_t which) {
      if (which == 0)
        return cost_of_commit(lines, [](std::uint64_t line) { array[line * kLineWords] += 1; }, commit);
      return cost_of_commit(lines, [&](std::uint64_t line) { bare.store(line); }, [&] { bare.commit(); });
    });
    const bench::Summary cost = bench::summarise(times[0]);
    std::printf("  %-8llu%17s%16.0f%17s%17s\n", static_cast<unsigned long long>(lines),
                bench::with_spread(cost, 0).c_str(), cost.median / static_cast<double>(lines),
                bench::with_spread(bench::summarise(times[1]), 0).c_str(),
                bench::with_spread(bench::summarise(bench::paired_ratios(times[0], times[1])), 2).c_str());
  }
  if (!bare.is_committed()) bench::fail("the bare loop's file is not what was committed");
}

constexpr std::uint64_t kNearLines = 256;  // 16 KiB: cached, so that only the tracking is timed

// A loop that the pass cannot turn into one mark after it: each store is checked.
__attribute__((noinline)) void store_to_each_line(std::uint64_t *words, std::uint64_t lines) {
  for (std::uint64_t k = 0; k < lines; ++k) {
    __asm__ volatile("" ::: "memory");
    words[k * kLineWords] = k;
  }
}

void stores() {
  std::vector<std::uint64_t> unmanaged(kNearLines * kLineWords);
  std::printf("stores to cached lines: ns per store\n");
  const auto print = [](const char *what, const bench::Summary &s) {
    std::printf("  %-36s%10s\n", what, bench::with_spread(s, 2).c_str());
  };
  print("not managed (range check)", repeat([&] {
          return time_of(kNearLines * 1000, [&] {
            for (int i = 0; i < 1000; ++i) store_to_each_line(unmanaged.data(), kNearLines);
          });
        }));
  print("managed, line already dirty", repeat([&] {
          store_to_each_line(array, kNearLines);
          return time_of(kNearLines * 1000, [&] {
            for (int i = 0; i < 1000; ++i) store_to_each_line(array, kNearLines);
          });
        }));
  print("managed, line clean (marks it)", repeat([&] {
          double ns = 0;
          for (int i = 0; i < 100; ++i) {
            commit();
            ns += time_of(kNearLines * 100, [] { store_to_each_line(array, kNearLines); });
          }
          return ns;
        }));
}

// Of the interposed memcpy to memory that is not managed, beside the C library's own.
void copies() {
  using Memcpy = void *(*)(void *, const void *, std::size_t);
  void *libc = dlopen("libc.so.6", RTLD_NOLOAD | RTLD_LAZY);
  const auto interposed = reinterpret_cast<Memcpy>(dlsym(RTLD_DEFAULT, "memcpy"));
  const auto plain = libc == nullptr ? nullptr : reinterpret_cast<Memcpy>(dlsym(libc, "memcpy"));
  if (plain == nullptr || plain == interposed) bench::fail("memcpy is not interposed");
  std::printf("memcpy to memory that is not managed: ns per call\n  %-8s%12s%12s\n", "bytes", "libc",
              "interposed");
  alignas(64) static char from[4096], to[4096];
  for (const std::size_t bytes : {8u, 64u, 512u, 4096u}) {
    const auto once = [&](Memcpy copy) {
      return time_of(100000, [&] {
        for (int i = 0; i < 100000; ++i) copy(to, from, bytes);
      });
    };
    const bench::Rounds times = bench::interleave(
        2, rounds, [&](std::size_t which) { return once(which == 0 ? plain : interposed); });
    std::printf("  %-8zu%13s%13s\n", bytes, bench::with_spread(bench::summarise(times[0]), 1).c_str(),
                bench::with_spread(bench::summarise(times[1]), 1).c_str());
  }
}

void commit_cost(const bench::Options &options) {
  rounds = options.rounds;
  setenv("SNAPSHOT_MEDIA", "memory", 1);    // read when the file is mapped
  setenv("SNAPSHOT_IGNORE", "*/bare*", 1);  // the bare loop's files are the kernel's
  bench::ScratchDir scratch;
  bench::Backend backend;
  array = static_cast<std::uint64_t *>(backend.open(scratch.file("array").c_str(), kFileBytes));
  // Every page is copied and every block allocated before anything is timed.
  backend.initialise([] {
    for (std::uint64_t i = 0; i < kFileBytes / sizeof *array; ++i) array[i] = i;
  });
  bench::BareCommit bare(scratch.file("bare"), scratch.file("bare-log"), kFileBytes);
  commits(bare);
  stores();
  copies();
}

}  // namespace

int main(int argc, char **argv) { return bench::run_program(argc, argv, commit_cost); }
