// sweeps: what a commit costs by the number of swaps, the size of an update, the size of the file, the number
// of dirty lines, and the number of threads; beside a bare loop of copies and fences. See bench/README.md.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "harness/figure.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/worker_set.h"

namespace bench {
namespace {

constexpr std::uint64_t kMiB = 1 << 20, kWorkingBytes = 64 * kMiB;
constexpr double kBareAim = 1.5;  // times the bare loop, at most

struct Shape {
  std::uint64_t file_bytes = kWorkingBytes, working_bytes = kWorkingBytes, update_bytes = 8;
  unsigned threads = 1;
  const char *files = "one";
};

std::string words(std::uint64_t bytes) {
  static constexpr const char *kUnits[] = {"B", "KiB", "MiB", "GiB"};
  unsigned unit = 0;
  for (; bytes >= 1024 && bytes % 1024 == 0; bytes /= 1024) ++unit;
  return std::to_string(bytes) + " " + kUnits[unit];
}

const std::vector<Ratio> kRatios = {{"snapshot", "bare loop", Relation::at_most, kBareAim}};

// The workers of one shape, or of random_swaps, for one measurement or several.
class Systems {
 public:
  Systems(const Options &options, const Shape &shape) : set_(options) {
    const std::vector<std::string> arguments = {
        std::to_string(shape.file_bytes), std::to_string(shape.working_bytes),
        std::to_string(shape.update_bytes), std::to_string(shape.threads), shape.files};
    add("snapshot", "sweeps-snapshot", arguments, {"SNAPSHOT_MEDIA=memory"});
    add("lazy", "sweeps-snapshot", arguments, {"SNAPSHOT_MEDIA=memory", "SNAPSHOT_COPY=lazy"});
    add("bare loop", "sweeps-bare_loop", arguments, {});
  }
  explicit Systems(const Options &options) : set_(options) {
    add("none", "random_swaps-no_persistence", {}, {});
    add("snapshot", "random_swaps-snapshot", {}, {"SNAPSHOT_MEDIA=memory"});
    add("bare loop", "random_swaps-bare_loop", {}, {});
  }
  WorkerSet &operator*() { return set_; }
  WorkerSet *operator->() { return &set_; }

 private:
  void add(const std::string &name, const std::string &program, std::vector<std::string> arguments,
           const std::vector<std::string> &environment) {
    arguments.insert(arguments.begin(), scratch_.file(name));
    set_.add(name, program, arguments, environment);
  }
  ScratchDir scratch_;
  WorkerSet set_;
};

const std::vector<std::string> kSystems = {"snapshot", "lazy", "bare loop"};

void swaps(const Options &options) {
  Systems systems(options);
  Figure figure(
      options,
      {"sweep_swaps", "random 8-byte swaps in 64 MiB, memory media", "swaps per commit", "ns per swap"},
      systems->names());
  for (const std::uint64_t per_commit : {1u, 4u, 16u, 64u, 256u, 1024u}) {
    if (options.quick && per_commit != 1 && per_commit != 64) continue;
    figure.row(std::to_string(per_commit), systems->measure(64 << 10, per_commit), kRatios);
  }
  systems->finish();
}

void update_sizes(const Options &options) {
  Figure figure(
      options,
      {"sweep_update_size", "an update at a random place of 64 MiB, memory media", "bytes", "ns per commit"},
      kSystems);
  for (std::uint64_t bytes = 8; bytes <= kMiB; bytes *= bytes < 32 << 10 ? 8 : 32) {
    if (options.quick && bytes != 64 && bytes != 32 << 10) continue;
    Shape shape;
    shape.update_bytes = bytes;
    Systems systems(options, shape);
    figure.row(words(bytes), systems->measure(std::min<std::uint64_t>(16384, 32 * kMiB / bytes), 1), kRatios);
    systems->finish();
  }
}

void file_sizes(const Options &options) {
  Figure figure(options,
                {"sweep_file_size", "an update of 8 bytes in 64 MiB of a sparse file, memory media",
                 "file size", "ns per commit"},
                kSystems);
  for (const std::uint64_t bytes : {64 * kMiB, 256 * kMiB, 1024 * kMiB, 4096 * kMiB, 16384 * kMiB}) {
    if (options.quick && bytes != 64 * kMiB && bytes != 16384 * kMiB) continue;
    Shape shape;
    shape.file_bytes = bytes;
    Systems systems(options, shape);
    figure.row(words(bytes), systems->measure(32 << 10, 1), kRatios);
    systems->finish();
  }
}

void dirty_lines(const Options &options) {
  Shape shape;
  shape.file_bytes = shape.working_bytes = 128 * kMiB;
  Systems systems(options, shape);
  Figure figure(options,
                {"sweep_dirty_lines", "stores to scattered lines of 128 MiB, memory media", "dirty lines",
                 "ns per line"},
                kSystems);
  for (std::uint64_t lines = 1; lines <= kMiB; lines *= 16) {
    if (options.quick && lines != 16 && lines != 4096) continue;
    figure.row(std::to_string(lines), systems->measure(std::max<std::uint64_t>(32 << 10, lines), lines),
               kRatios);
  }
  systems->finish();
}

void threads(const Options &options, const char *files, const char *name, const std::string &title) {
  Figure figure(options, {name, title, "threads", "wall ns per commit"}, kSystems);
  for (const unsigned count : {1u, 2u, 4u, 8u}) {
    if (options.quick && count != 1 && count != 2) continue;
    Shape shape;
    shape.threads = count;
    shape.files = files;
    Systems systems(options, shape);
    figure.row(std::to_string(count), systems->measure(64 << 10, 1, "wall_ns"), kRatios);
    systems->finish();
  }
}

void sweeps(const Options &options) {
  swaps(options);
  update_sizes(options);
  file_sizes(options);
  dirty_lines(options);
  threads(options, "one", "sweep_threads_one_file",
          "threads that commit an update each in one file of 64 MiB");
  threads(options, "each", "sweep_threads_own_files",
          "threads that commit an update each in a file of 64 MiB of their own");
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::sweeps); }
