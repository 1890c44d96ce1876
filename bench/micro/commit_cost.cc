// commit_cost: ns per commit by number of dirty lines, and ns per store on each path of the tracking.
// Compiled by snapc++; what is timed are ordinary stores and msync.
#include <dlfcn.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "backends/snapshot.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "micro/bare_commit.h"

namespace {

constexpr std::uint64_t kFileBytes = 64 << 20;
constexpr std::uint64_t kLineWords = 8;
constexpr std::uint64_t kLines = kFileBytes / 64;

std::uint64_t *array;

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

void commits(const bench::Options &options, bench::BareCommit &bare) {
  bench::Figure figure(options,
                       {"commit_cost", "stores to scattered lines of 64 MiB and a commit, memory media",
                        "dirty lines", "ns per commit"},
                       {"snapshot", "bare loop"});
  for (const std::uint64_t lines : {1u, 2u, 16u, 256u, 4096u, 65536u, 1048576u}) {
    const bench::Rounds times = bench::interleave(2, options.rounds, [&](std::size_t which) {
      if (which == 0)
        return cost_of_commit(lines, [](std::uint64_t line) { array[line * kLineWords] += 1; }, commit);
      return cost_of_commit(lines, [&](std::uint64_t line) { bare.store(line); }, [&] { bare.commit(); });
    });
    figure.row(std::to_string(lines), times, {{"snapshot", "bare loop"}});
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

// ns per store, again and again to the same lines: to clean ones if they are committed in between.
double cost_of_store(std::uint64_t *words, unsigned times, bool clean) {
  double ns = 0;
  for (unsigned i = 0; i < times; ++i) {
    if (clean) commit();
    const unsigned inner = clean ? 1 : 1000;  // the clock costs as much as some hundred stores
    ns += time_of(kNearLines * inner, [&] {
      for (unsigned k = 0; k < inner; ++k) store_to_each_line(words, kNearLines);
    });
  }
  return ns / times;
}

void stores(const bench::Options &options) {
  std::vector<std::uint64_t> unmanaged(kNearLines * kLineWords);
  bench::Figure figure(
      options, {"store_cost", "a store to a line in the cache, by the path it takes", "", "ns per store"},
      {"not managed", "managed, dirty line", "managed, clean line"});
  figure.row("all", bench::interleave(3, options.rounds, [&](std::size_t which) {
               if (which == 0) return cost_of_store(unmanaged.data(), 1, false);
               store_to_each_line(array, kNearLines);
               return which == 1 ? cost_of_store(array, 1, false) : cost_of_store(array, 100, true);
             }));
}

// Of the interposed memcpy to memory that is not managed, beside the C library's own.
void copies(const bench::Options &options) {
  using Memcpy = void *(*)(void *, const void *, std::size_t);
  void *libc = dlopen("libc.so.6", RTLD_NOLOAD | RTLD_LAZY);
  const auto interposed = reinterpret_cast<Memcpy>(dlsym(RTLD_DEFAULT, "memcpy"));
  const auto plain = libc == nullptr ? nullptr : reinterpret_cast<Memcpy>(dlsym(libc, "memcpy"));
  if (plain == nullptr || plain == interposed) bench::fail("memcpy is not interposed");
  bench::Figure figure(options, {"copy_cost", "memcpy to memory that is not managed", "bytes", "ns per call"},
                       {"libc", "interposed"});
  alignas(64) static char from[4096], to[4096];
  for (const std::size_t bytes : {8u, 64u, 512u, 4096u}) {
    const bench::Rounds times = bench::interleave(2, options.rounds, [&](std::size_t which) {
      const Memcpy copy = which == 0 ? plain : interposed;
      return time_of(100000, [&] {
        for (int i = 0; i < 100000; ++i) copy(to, from, bytes);
      });
    });
    figure.row(std::to_string(bytes), times, {{"interposed", "libc"}});
  }
}

void commit_cost(const bench::Options &options) {
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
  commits(options, bare);
  stores(options);
  copies(options);
}

}  // namespace

int main(int argc, char **argv) { return bench::run_program(argc, argv, commit_cost); }
