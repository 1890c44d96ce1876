// msync_breakdown: where the time of an msync goes, Snapshot's and the kernel's, on memory media and on a
// disk. See bench/README.md.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/ticks.h"
#include "harness/worker_process.h"
#include "workloads/msync_breakdown/kernel_msync.h"
#include "workloads/msync_breakdown/probes.h"
#include "workloads/msync_breakdown/stores.h"

namespace bench {
namespace {

struct Commits {
  std::uint64_t lines, per_round;
};
constexpr Commits kInMemory[] = {{1, 4096}, {16, 1024}, {256, 64}, {4096, 4}};
constexpr Commits kOnDisk[] = {{1, 20}, {16, 10}, {256, 5}, {4096, 2}};

std::uint64_t sum_of_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t sum = 0;
  for (std::uint64_t word; file.read(reinterpret_cast<char *>(&word), sizeof word);) sum += word;
  return sum;
}

// Rows of one value for each part. One more round before the first is not counted.
template <typename Measure>
Rounds repeat(std::size_t parts, unsigned rounds, Measure measure) {
  Rounds values(parts);
  for (unsigned round = 0; round <= rounds; ++round) {
    const std::vector<double> one = measure();
    for (std::size_t i = 0; round > 0 && i < parts; ++i) values[i].push_back(one[i]);
  }
  return values;
}

// Memory such as the working copy's: what the stores take by themselves.
class PlainArray {
 public:
  PlainArray() {
    void *at = mmap(nullptr, kArrayBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) fail("no memory");
    madvise(at, kArrayBytes, MADV_HUGEPAGE);
    array_ = static_cast<std::uint64_t *>(at);
    std::fill_n(array_, kArrayBytes / sizeof *array_, 0);
  }
  ~PlainArray() { munmap(array_, kArrayBytes); }
  PlainArray(const PlainArray &) = delete;
  PlainArray &operator=(const PlainArray &) = delete;

  double store_us(Commits commits) {
    const std::uint64_t begin = ticks();
    for (std::uint64_t i = 0; i < commits.per_round; ++i) store_to_lines(array_, commits.lines, random_);
    return static_cast<double>(ticks() - begin) / ticks_per_ns() / 1000 /
           static_cast<double>(commits.per_round);
  }

 private:
  std::uint64_t *array_ = nullptr;
  Random random_{42};
};

class SnapshotMsync {
 public:
  static std::vector<std::string> parts() {
    return {"stores", "marking", "finding", "log", "fence", "copy", "rest"};
  }

  SnapshotMsync(const Options &options, const std::string &directory, const char *media)
      : scratch_(directory), probes_(map_probes(scratch_.file("probes"))) {
    const std::vector<std::string> command = {options.program("msync_breakdown-snapshot"),
                                              scratch_.file("array"), scratch_.file("probes")};
    worker_ = std::make_unique<WorkerProcess>(
        command,
        std::vector<std::string>{"LD_LIBRARY_PATH=" + options.program("probed"),
                                 "BENCH_PROBES=" + scratch_.file("probes"), "SNAPSHOT_IGNORE=*/probes",
                                 std::string("SNAPSHOT_MEDIA=") + media});
  }
  ~SnapshotMsync() { munmap(probes_, sizeof *probes_); }
  SnapshotMsync(const SnapshotMsync &) = delete;
  SnapshotMsync &operator=(const SnapshotMsync &) = delete;

  std::vector<double> measure(Commits commits) {
    const double stores = plain_.store_us(commits);
    *probes_ = {};
    const std::uint64_t lines = commits.lines * commits.per_round;
    worker_->ask("run " + std::to_string(lines) + " " + std::to_string(commits.lines));
    stores_ += lines;
    commits_ += commits.per_round;
    const auto us = [&](Part part) {
      return static_cast<double>(probes_->ticks[static_cast<unsigned>(part)]) / ticks_per_ns() / 1000 /
             static_cast<double>(commits.per_round);
    };
    if (us(Part::fence) == 0) fail("the library has no probes");
    return {stores,          std::max(us(Part::stores) - stores, 0.0),
            us(Part::find),  us(Part::log),
            us(Part::fence), us(Part::copy),
            us(Part::rest)};
  }

  void verify() {
    const Reply facts = worker_->ask("check");
    if (number(facts, "managed") != 1) fail("the array is not managed");
    if (number(facts, "commits") != commits_) fail("the number of commits is wrong");
    if (number(facts, "sum") != stores_ || sum_of_file(scratch_.file("array")) != stores_)
      fail("a store was lost");
    worker_->finish();
  }

 private:
  static Probes *map_probes(const std::string &path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void *at = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof(Probes)) == 0)
      at = mmap(nullptr, sizeof(Probes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) fail(path + ": cannot be mapped");
    close(fd);
    return static_cast<Probes *>(at);
  }

  ScratchDir scratch_;
  Probes *probes_;
  std::unique_ptr<WorkerProcess> worker_;
  PlainArray plain_;
  std::uint64_t stores_ = 0, commits_ = 1;  // 1: the array's first contents
};

struct Place {
  const char *name, *words, *media;
  std::string directory;
  const Commits (&commits)[4];
};

template <typename System, typename Measure, typename After>
void show(const Options &options, const Place &place, const char *who, const std::string &words, System &,
          Measure measure, After after) {
  Figure figure(options,
                {std::string("msync_") + who + "_" + place.name + "_breakdown", words + " on " + place.words,
                 "dirty lines", "us per commit"},
                System::parts());
  for (const Commits &commits : place.commits) {
    if (options.quick && commits.lines != 16 && commits.lines != 256) continue;
    figure.row(std::to_string(commits.lines),
               repeat(System::parts().size(), options.rounds, [&] { return measure(commits); }));
    after();
  }
}

void measure_at(const Options &options, const Place &place) {
  if (access(options.program("msync_breakdown-snapshot").c_str(), X_OK) == 0) {
    SnapshotMsync snapshot(options, place.directory, place.media);
    show(
        options, place, "snapshot", "parts of Snapshot's msync", snapshot,
        [&](Commits commits) { return snapshot.measure(commits); }, [] {});
    snapshot.verify();
  }
  const ScratchDir scratch(place.directory);
  KernelMsync kernel(scratch.file("array"));
  show(
      options, place, "kernel", "parts of the kernel's msync", kernel,
      [&](Commits commits) { return kernel.measure(commits.lines, commits.per_round); },
      [&] { kernel.print_flushes(); });
  if (sum_of_file(scratch.file("array")) != kernel.stores()) fail("the kernel has lost a store");
}

void msync_breakdown(const Options &options) {
  const char *const memory = std::getenv("BENCH_DIRECTORY"), *const disk = std::getenv("BENCH_DISK");
  measure_at(options, {"memory", "tmpfs", "memory", memory != nullptr ? memory : "/dev/shm", kInMemory});
  measure_at(options, {"disk", "a disk", "page-cache", disk != nullptr ? disk : options.directory, kOnDisk});
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::msync_breakdown); }
