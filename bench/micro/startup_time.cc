// startup_time: how long a program waits for the mapping of a file and a first store, by the size of the
// file. See bench/README.md. Linked with the library, not compiled by snapcc; each mapping in a process of
// its own.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/in_child.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "snapshot/snapshot.h"

namespace bench {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kSparse[] = {64 * kMiB, 256 * kMiB, 1024 * kMiB, 4096 * kMiB, 16384 * kMiB};
constexpr std::uint64_t kWritten[] = {64 * kMiB, 256 * kMiB, 1024 * kMiB};

struct System {
  const char *name, *copy;  // copy nullptr: the kernel's mapping
};
// By itself Snapshot copies files of up to 256 MiB eagerly on memory media.
constexpr System kSystems[] = {{"mmap", nullptr}, {"snapshot", "auto"}, {"lazy", "lazy"}};

void make_file(const std::string &path, std::uint64_t bytes, bool sparse) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) fail(path);
  const std::vector<char> piece(kMiB, 'w');
  for (std::uint64_t at = 0; !sparse && at < bytes; at += piece.size())
    if (write(fd, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) fail(path);
  if (fsync(fd) != 0) fail(path);
  close(fd);
}

// ms to open, map and store to the last page.
double start(const System &system, const std::string &path, std::uint64_t bytes) {
  return in_child([&] {
    if (system.copy != nullptr) setenv("SNAPSHOT_COPY", system.copy, 1);
    if (system.copy == nullptr) setenv("SNAPSHOT_IGNORE", "*", 1);
    const std::uint64_t begin = wall_ns();
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    void *at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || at == MAP_FAILED) fail(path);
    static_cast<volatile char *>(at)[bytes - 1] = 's';
    const double ms = static_cast<double>(wall_ns() - begin) / 1e6;
    if ((snapshot_is_managed(at, bytes) != 0) != (system.copy != nullptr))
      fail("managed, or not, by mistake");
    munmap(at, bytes);
    return ms;
  });
}

template <std::size_t N>
void measure(const Options &options, const std::string &name, const std::string &title,
             const ScratchDir &scratch, const std::uint64_t (&sizes)[N], bool sparse) {
  std::vector<std::string> names;
  for (const System &s : kSystems) names.push_back(s.name);
  Figure figure(options, {name, title, "file size", "ms"}, names);
  for (const std::uint64_t bytes : sizes) {
    if (options.quick && bytes != sizes[0] && (bytes != sizes[N - 1] || !sparse)) continue;
    const std::string path = scratch.file("data");
    make_file(path, bytes, sparse);
    const Rounds times = interleave(std::size(kSystems), options.rounds,
                                    [&](std::size_t i) { return start(kSystems[i], path, bytes); });
    figure.row(std::to_string(bytes / kMiB) + " MiB", times, {{"lazy", "mmap"}});
  }
}

void startup_time(const Options &options) {
  const char *const disk = std::getenv("BENCH_DISK");
  setenv("SNAPSHOT_LOG", "error", 0);
  const ScratchDir memory, on_disk(disk != nullptr ? disk : options.directory);
  setenv("SNAPSHOT_MEDIA", "memory", 1);
  measure(options, "startup_time_sparse", "mapping a sparse file on tmpfs, memory media", memory, kSparse,
          true);
  measure(options, "startup_time_written", "mapping a written file on tmpfs, memory media", memory, kWritten,
          false);
  setenv("SNAPSHOT_MEDIA", "page-cache", 1);
  measure(options, "startup_time_disk_sparse", "mapping a sparse file on a disk, page-cache media", on_disk,
          kSparse, true);
  measure(options, "startup_time_disk_written", "mapping a written file on a disk, page-cache media", on_disk,
          kWritten, false);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::startup_time); }
