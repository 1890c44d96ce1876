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
#include <functional>
#include <numeric>
#include <vector>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/in_child.h"
#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "snapshot/snapshot.h"

namespace bench {
namespace {

constexpr std::uint64_t kMiB = 1 << 20, kLineBytes = 64, kLineWords = kLineBytes / 8;
constexpr std::uint64_t kRecordBytes = 3 * kLineBytes;  // of a commit of one line (libsnapshot/FORMAT.md)
constexpr double kAimMs = 1000;                         // for 1 GiB, at most
constexpr unsigned kRoundsMax = 5;                      // each writes all its logs first

// Which lines of the file are committed, in which order. Random: the redo protocol logs lines in the order of
// the stores, as long as they are at most an eighth of the file's; of more the line map is gone through.
enum class Order { together, every_second, random };
struct Shape {
  const char *name;
  Order order;
};
const std::vector<Shape> kAscending = {{"whole pages", Order::together},
                                       {"every second line", Order::every_second}};
const std::vector<Shape> kRandom = {{"random order", Order::random}};

// Lines of the file for each that is committed.
std::uint64_t spread(Order order) {
  return order == Order::together ? 1 : order == Order::every_second ? 2 : 8;
}

// Of the same lines. On page-cache media the second one begins an area of the log that has room for the
// third, after a checkpoint of the first; so two are recovered, on either medium.
constexpr std::uint64_t kCommits = 3;

// What commit number `commit` leaves in a line.
std::uint64_t contents(std::uint64_t line, std::uint64_t commit) { return line * 8 + commit; }

// The first so many of `all` lines that were shuffled.
std::vector<std::uint32_t> random_lines(std::uint64_t count, std::uint64_t all) {
  std::vector<std::uint32_t> lines(all);
  std::iota(lines.begin(), lines.end(), 0u);
  Random random(42);
  for (std::uint64_t i = 0; i < count; ++i) std::swap(lines[i], lines[i + random.next() % (all - i)]);
  lines.resize(count);
  lines.shrink_to_fit();
  return lines;
}

class Subject {
 public:
  // log_bytes: about, in the two records that are recovered.
  Subject(std::string path, std::uint64_t log_bytes, Order order)
      : path_(std::move(path)), log_bytes_(log_bytes), order_(order) {
    if (order == Order::random) random_ = random_lines(lines(), lines() * spread(order));
  }
  const std::string &path() const { return path_; }
  std::uint64_t log_bytes() const { return log_bytes_; }
  bool together() const { return order_ == Order::together; }
  std::uint64_t lines() const { return log_bytes_ / 2 / kLineBytes; }
  std::uint64_t file_bytes() const { return lines() * spread(order_) * kLineBytes; }
  // The i-th line to be committed.
  std::uint64_t line(std::uint64_t i) const {
    return order_ == Order::random ? random_[i] : order_ == Order::every_second ? 2 * i : i;
  }

 private:
  std::string path_;
  std::uint64_t log_bytes_;
  Order order_;
  std::vector<std::uint32_t> random_;
};

std::uint64_t *map(const std::string &path, std::uint64_t bytes) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat st{};
  if (fd < 0 || fstat(fd, &st) != 0) fail(path);
  if (st.st_size == 0 && posix_fallocate(fd, 0, static_cast<off_t>(bytes)) != 0) fail(path);
  void *at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED || snapshot_is_managed(at, bytes) == 0) fail(snapshot_last_error());
  close(fd);
  return static_cast<std::uint64_t *>(at);
}

void commit(std::uint64_t *words, std::uint64_t bytes, int flags) {
  if (msync(words, bytes, flags) != 0) fail(snapshot_last_error());
}

// The commits, and the end. The last commit leaves out the first line, which can only be right afterwards if
// the commit before it was recovered, too.
void write_and_die(const Subject &s) {
  in_killed_child([&] {
    std::uint64_t *const words = map(s.path(), s.file_bytes());
    for (std::uint64_t number = 1; number <= kCommits; ++number) {
      const std::uint64_t first = number == kCommits ? 1 : 0;
      for (std::uint64_t i = first; i < s.lines(); ++i) {
        std::uint64_t *const line = words + s.line(i) * kLineWords;
        std::fill_n(line, kLineWords, contents(s.line(i), number));
        if (!s.together()) snapshot_log_range(line, kLineBytes);
      }
      if (s.together()) snapshot_log_range(words + first * kLineWords, (s.lines() - first) * kLineBytes);
      commit(words, s.file_bytes(), MS_SYNC);
    }
  });
}

// A line of the newest commit has not reached the file: a crash may leave that.
void damage(const std::string &path, std::uint64_t line) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const std::vector<char> old(kLineBytes, 'o');
  if (pwrite(fd, old.data(), kLineBytes, static_cast<off_t>(line * kLineBytes)) != kLineBytes) fail(path);
  close(fd);
}

// ms until the file is mapped again.
double recover(const std::string &path, std::uint64_t bytes,
               const std::function<bool(const std::uint64_t *words)> &right) {
  return in_child([&] {
    const std::uint64_t begin = wall_ns();
    const std::uint64_t *const words = map(path, bytes);
    const double ms = static_cast<double>(wall_ns() - begin) / 1e6;
    if (!right(words)) fail("a line was not recovered");
    return ms;
  });
}

double recover(const Subject &s) {
  damage(s.path(), s.line(0));
  damage(s.path(), s.line(s.lines() - 1));
  return recover(s.path(), s.file_bytes(), [&](const std::uint64_t *words) {
    for (std::uint64_t i = 0; i < s.lines(); ++i)
      if (words[s.line(i) * kLineWords] != contents(s.line(i), i == 0 ? kCommits - 1 : kCommits))
        return false;
    return true;
  });
}

// The floor: as many bytes as are recovered, read from the log and written to the file, and a sync. ms.
double copy(const std::string &path, std::uint64_t bytes, std::uint64_t log_bytes) {
  return in_child([&] {
    std::vector<char> piece(kMiB);
    const int log = open((path + ".snaplog").c_str(), O_RDONLY | O_CLOEXEC);
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const std::uint64_t begin = wall_ns();
    std::uint64_t at = 0;
    for (ssize_t n; at < log_bytes && (n = read(log, piece.data(), piece.size())) > 0;
         at += static_cast<std::uint64_t>(n))
      if (pwrite(file, piece.data(), static_cast<std::size_t>(n), static_cast<off_t>(at % bytes)) != n)
        fail(path);
    if (log < 0 || at < log_bytes || fsync(file) != 0) fail(path + ": no log of that size was left");
    return static_cast<double>(wall_ns() - begin) / 1e6;
  });
}

void remove(const std::string &path) {
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".snaplog");
}

void measure(const Options &options, const std::vector<Shape> &shapes, const std::string &name,
             const std::string &title, const std::string &directory) {
  if (!options.wants(name)) return;
  const bool random = shapes[0].order == Order::random;
  // Random order takes long; and its file of 4 GiB and the working copy are memory that not every machine
  // has.
  const std::uint64_t most = options.quick ? (random ? 16 : 64) : random && !options.full ? 256 : 1024;
  std::vector<std::string> names;
  for (const Shape &shape : shapes) names.push_back(shape.name);
  names.push_back("copy");
  Figure figure(options, {name, title, "log", "ms"}, names);
  for (const std::uint64_t mib : {16u, 64u, 256u, 1024u}) {
    if (mib > most) continue;
    const ScratchDir scratch(directory);
    std::vector<Subject> subjects;
    for (const Shape &shape : shapes) subjects.emplace_back(scratch.file("data"), mib * kMiB, shape.order);
    const Rounds times = interleave(names.size(), options.rounds, [&](std::size_t i) {
      const bool copies = i == subjects.size();
      const Subject &s = subjects[copies ? 0 : i];
      write_and_die(s);
      const double ms = copies ? copy(s.path(), s.file_bytes(), s.log_bytes()) : recover(s);
      remove(s.path());
      return ms;
    });
    std::vector<Ratio> ratios;
    for (const Shape &shape : shapes) {
      ratios.push_back({shape.name, "copy"});
      if (mib == 1024) ratios.push_back({shape.name, "", Relation::at_most, kAimMs});
    }
    figure.row(std::to_string(mib) + " MiB", times, ratios);
  }
}

// As many commits of one line each as the log may have before it is checkpointed: half of its limit.
class SmallCommits {
 public:
  SmallCommits(std::string path, std::uint64_t limit) : path_(std::move(path)), limit_(limit) {}
  const std::string &path() const { return path_; }
  std::uint64_t count() const { return limit_ / 2 / kRecordBytes; }
  // The first commit, of the whole file, makes the log as long as it gets.
  std::uint64_t file_bytes() const { return limit_ / 4; }

  // Only the last one waits for the disk; a kill loses none.
  void write_and_die() const {
    in_killed_child([&] {
      std::uint64_t *const words = map(path_, file_bytes());
      std::fill_n(words, file_bytes() / sizeof *words, 0);
      snapshot_log_range(words, file_bytes());
      commit(words, file_bytes(), MS_SYNC);
      for_each([&](std::uint64_t number, std::uint64_t line) {
        words[line * kLineWords] = number;
        snapshot_log_range(words + line * kLineWords, sizeof *words);
        commit(words, file_bytes(), number == count() ? MS_SYNC : MS_ASYNC);
      });
    });
  }

  double recover() const {
    std::vector<std::uint64_t> newest(file_bytes() / kLineBytes);
    std::uint64_t last = 0;
    for_each([&](std::uint64_t number, std::uint64_t line) { newest[last = line] = number; });
    damage(path_, last);
    return bench::recover(path_, file_bytes(), [&](const std::uint64_t *words) {
      for (std::uint64_t line = 0; line < newest.size(); ++line)
        if (words[line * kLineWords] != newest[line]) return false;
      return true;
    });
  }

 private:
  template <typename Body>
  void for_each(Body body) const {
    Random random(42);
    for (std::uint64_t number = 1; number <= count(); ++number)
      body(number, random.next() % (file_bytes() / kLineBytes));
  }

  std::string path_;
  std::uint64_t limit_;
};

// By the limit; 64 MiB is the default.
void measure_small_commits(const Options &options, const std::string &directory) {
  const std::string name = "recovery_time_small_commits";
  if (!options.wants(name)) return;
  Figure figure(
      options,
      {name, "mapping a file that a killed program left after as many commits of one line as the log takes",
       "limit of the log", "ms"},
      {"random lines", "copy"});
  for (const std::uint64_t mib : {8u, 64u}) {
    if (options.quick && mib > 8) continue;
    setenv("SNAPSHOT_LOG_LIMIT", (std::to_string(mib) + "M").c_str(), 1);
    const ScratchDir scratch(directory);
    const SmallCommits s(scratch.file("data"), mib * kMiB);
    figure.row(std::to_string(mib) + " MiB",
               interleave(2, options.rounds,
                          [&](std::size_t i) {
                            s.write_and_die();
                            const double ms =
                                i == 1 ? copy(s.path(), s.file_bytes(), mib * kMiB / 2) : s.recover();
                            remove(s.path());
                            return ms;
                          }),
               {{"random lines", "copy"}, {"random lines", "", Relation::at_most, kAimMs}});
  }
}

void recovery_time(const Options &all_options) {
  Options options = all_options;
  options.rounds = std::min(options.rounds, kRoundsMax);
  const char *const memory = std::getenv("BENCH_DIRECTORY"), *const disk = std::getenv("BENCH_DISK");
  const std::string on_disk = disk != nullptr ? disk : options.directory;
  setenv("SNAPSHOT_LOG", "error", 0);
  setenv("SNAPSHOT_MEDIA", "memory", 1);
  const std::string in_memory = memory != nullptr ? memory : "/dev/shm",
                    title = "mapping a file that a killed program left, ", random = "lines in random order, ",
                    of_memory = "memory media on tmpfs", of_disk = "page-cache media on a disk";
  measure(options, kAscending, "recovery_time_memory", title + of_memory, in_memory);
  measure(options, kRandom, "recovery_time_random_memory", title + random + of_memory, in_memory);
  setenv("SNAPSHOT_MEDIA", "page-cache", 1);
  setenv("SNAPSHOT_LOG_LIMIT", "4G", 1);
  measure(options, kAscending, "recovery_time_disk", title + of_disk, on_disk);
  measure(options, kRandom, "recovery_time_random_disk", title + random + of_disk, on_disk);
  measure_small_commits(options, on_disk);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::recovery_time); }
