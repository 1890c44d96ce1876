// recovery_time: how long a program that maps a file waits for its recovery, by the size of the log that a
// killed one has left. See bench/README.md. Linked with the library, not compiled by snapcc: stores are
// declared.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/in_child.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "snapshot/snapshot.h"

namespace bench {
namespace {

constexpr std::uint64_t kMiB = 1 << 20, kLineBytes = 64, kLineWords = kLineBytes / 8;
constexpr double kAimMs = 1000;  // for 1 GiB, at most

struct Shape {
  const char *name;
  std::uint64_t stride;  // in lines: 1 makes runs of many lines, 2 runs of one
};
constexpr Shape kShapes[] = {{"whole pages", 1}, {"every second line", 2}};

// What commit number `commit` leaves in a line.
std::uint64_t contents(std::uint64_t line, std::uint64_t commit) { return line * 8 + commit; }

struct Subject {
  std::string path;
  std::uint64_t log_bytes;  // about, in two records
  Shape shape;

  std::uint64_t lines() const { return log_bytes / 2 / kLineBytes; }
  std::uint64_t file_bytes() const { return lines() * shape.stride * kLineBytes; }
  std::uint64_t committed(std::uint64_t i) const { return i * shape.stride; }
};

std::uint64_t *map(const Subject &s) {
  const int fd = open(s.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat st{};
  if (fd < 0 || fstat(fd, &st) != 0) fail(s.path);
  if (st.st_size == 0 && posix_fallocate(fd, 0, static_cast<off_t>(s.file_bytes())) != 0) fail(s.path);
  void *at = mmap(nullptr, s.file_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED || snapshot_is_managed(at, s.file_bytes()) == 0) fail(snapshot_last_error());
  close(fd);
  return static_cast<std::uint64_t *>(at);
}

// Two commits of the same lines, and the end. On page-cache media the log's limit is such that both are in
// it.
void write_and_die(const Subject &s) {
  in_killed_child([&] {
    std::uint64_t *const words = map(s);
    for (std::uint64_t commit = 1; commit <= 2; ++commit) {
      for (std::uint64_t i = 0; i < s.lines(); ++i)
        for (std::uint64_t w = 0; w < kLineWords; ++w)
          words[s.committed(i) * kLineWords + w] = contents(s.committed(i), commit);
      for (std::uint64_t i = 0; i < s.lines(); i += s.shape.stride == 1 ? s.lines() : 1)
        snapshot_log_range(words + s.committed(i) * kLineWords,
                           s.shape.stride == 1 ? s.file_bytes() : kLineBytes);
      if (msync(words, s.file_bytes(), MS_SYNC) != 0) fail(snapshot_last_error());
    }
  });
}

// The first and the last line of the newest commit have not reached the file: a crash may leave that.
void damage(const Subject &s) {
  const int fd = open(s.path.c_str(), O_WRONLY | O_CLOEXEC);
  const std::vector<char> old(kLineBytes, 'o');
  for (const std::uint64_t i : {std::uint64_t{0}, s.lines() - 1})
    if (pwrite(fd, old.data(), kLineBytes, static_cast<off_t>(s.committed(i) * kLineBytes)) != kLineBytes)
      fail(s.path);
  close(fd);
}

// ms until the file is mapped again.
double recover(const Subject &s) {
  return in_child([&] {
    const std::uint64_t begin = wall_ns();
    const std::uint64_t *const words = map(s);
    const double ms = static_cast<double>(wall_ns() - begin) / 1e6;
    for (std::uint64_t i = 0; i < s.lines(); ++i)
      if (words[s.committed(i) * kLineWords] != contents(s.committed(i), 2)) fail("a line was not recovered");
    return ms;
  });
}

// The floor: as many bytes as the log has, read from it and written to the file, and a sync. ms.
double copy(const Subject &s) {
  return in_child([&] {
    std::vector<char> piece(kMiB);
    const int log = open((s.path + ".snaplog").c_str(), O_RDONLY | O_CLOEXEC);
    const int file = open(s.path.c_str(), O_WRONLY | O_CLOEXEC);
    const std::uint64_t begin = wall_ns();
    std::uint64_t at = 0;
    for (ssize_t n; (n = read(log, piece.data(), piece.size())) > 0; at += static_cast<std::uint64_t>(n))
      if (pwrite(file, piece.data(), static_cast<std::size_t>(n), static_cast<off_t>(at % s.file_bytes())) !=
          n)
        fail(s.path);
    if (log < 0 || at < s.log_bytes || fsync(file) != 0) fail(s.path + ": no log of that size was left");
    return static_cast<double>(wall_ns() - begin) / 1e6;
  });
}

void measure(const Options &options, const char *name, const std::string &title,
             const std::string &directory) {
  Figure figure(options, {name, title, "log", "ms"}, {kShapes[0].name, kShapes[1].name, "copy"});
  for (const std::uint64_t mib : {16u, 64u, 256u, 1024u}) {
    if (options.quick && mib > 64) continue;
    const ScratchDir scratch(directory);
    Rounds times(3);
    for (unsigned round = 0; round < options.rounds; ++round)
      for (std::size_t i = 0; i < 2; ++i) {
        const Subject subject{scratch.file("data"), mib * kMiB, kShapes[i]};
        write_and_die(subject);
        if (i == 0) times[2].push_back(copy(subject));
        damage(subject);
        times[i].push_back(recover(subject));
        std::filesystem::remove(subject.path);
        std::filesystem::remove(subject.path + ".snaplog");
      }
    figure.row(std::to_string(mib) + " MiB", times, {{kShapes[0].name, "copy"}, {kShapes[1].name, "copy"}});
    for (std::size_t i = 0; mib == 1024 && i < 2; ++i)
      std::printf("    %s (aim: at most %g ms: %s)\n", kShapes[i].name, kAimMs,
                  ::bench::words(at_most(summarise(times[i]), kAimMs)));
  }
}

void recovery_time(const Options &all_options) {
  Options options = all_options;
  options.rounds = std::min(options.rounds, 3u);  // each has two logs to write first
  const char *const memory = std::getenv("BENCH_DIRECTORY"), *const disk = std::getenv("BENCH_DISK");
  setenv("SNAPSHOT_LOG", "error", 0);
  setenv("SNAPSHOT_MEDIA", "memory", 1);
  measure(options, "recovery_time_memory", "mapping a file that a killed program left, memory media on tmpfs",
          memory != nullptr ? memory : "/dev/shm");
  setenv("SNAPSHOT_MEDIA", "page-cache", 1);
  setenv("SNAPSHOT_LOG_LIMIT", "4G", 1);
  measure(options, "recovery_time_disk", "the same, page-cache media on a disk",
          disk != nullptr ? disk : options.directory);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::recovery_time); }
