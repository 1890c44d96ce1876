// flush_choice: non-temporal stores against ordinary ones that are written back (CLWB, or what the CPU has),
// by the size of a write and the number of writes to a fence; by the runtime's own verbs (media/persist.h),
// which this links. See bench/README.md.
#include <fcntl.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "harness/slow_medium.h"
#include "media/persist.h"

namespace bench {
namespace {

constexpr std::uint64_t kFileBytes = 64 << 20, kLineBytes = 64;
constexpr std::uint64_t kLogBytes = 64 << 10;  // what a small log is written in, again and again
constexpr std::uint64_t kBytesPerRound = 16 << 20, kWritesPerRound = 32 << 10;  // whichever is less

enum class Instruction { nt, write_back };

struct Pattern {
  const char *name, *title;
  std::uint64_t bytes;  // of the file that are written to
  bool random;          // else from its begin to its end, again and again
  MediumSpeed speed;
};

constexpr Pattern kPatterns[] = {
    {"flush_choice", "random places of 64 MiB on tmpfs", kFileBytes, true, {0, 0}},
    {"flush_choice_log", "one after the other in 64 KiB on tmpfs", kLogBytes, false, {0, 0}},
    {"flush_choice_optane", "random places of 64 MiB, speed of Optane", kFileBytes, true, kOptane},
    {"flush_choice_cxl", "random places of 64 MiB, speed of CXL memory", kFileBytes, true, kCxl}};

// A shared mapping of a file, all of it there.
char *map_file(const std::string &path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || posix_fallocate(fd, 0, kFileBytes) != 0) fail(path + ": cannot be made");
  void *at = mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED) fail(path + ": cannot be mapped");
  close(fd);
  return static_cast<char *>(at);
}

class Writer {
 public:
  Writer(Instruction instruction, char *file, const snapshot::PersistVerbs &verbs)
      : instruction_(instruction), file_(file), verbs_(verbs) {}

  // Writes of so many bytes each, a fence after each `interval`: ns of CPU time per write.
  double run(const Pattern &pattern, std::uint64_t bytes, std::uint64_t interval) {
    const std::uint64_t writes = std::min(kWritesPerRound, kBytesPerRound / bytes) / interval * interval;
    SlowMedium medium(pattern.speed);
    Random random(bytes + interval);
    const std::uint64_t places = pattern.bytes / bytes;
    const std::uint64_t wall = wall_ns(), begin = cpu_ns();
    for (std::uint64_t i = 0; i < writes; ++i) {
      std::memcpy(source_, &i, sizeof i);
      write(file_ + (pattern.random ? random.next() : i) % places * bytes, bytes);
      if (is_slow(pattern)) medium.write((bytes + kLineBytes - 1) / kLineBytes);
      if ((i + 1) % interval != 0) continue;
      verbs_.fence();
      if (is_slow(pattern)) medium.fence();
    }
    const double ns = static_cast<double>(cpu_ns() - begin) / static_cast<double>(writes);
    const double waited = static_cast<double>(wall_ns() - wall) / static_cast<double>(writes);
    const double least = pattern.speed.line_ns * static_cast<double>((bytes + kLineBytes - 1) / kLineBytes) +
                         pattern.speed.latency_ns / static_cast<double>(interval);
    if (waited < 0.99 * least) fail("the injected latency was not waited for");
    return ns;
  }

 private:
  static bool is_slow(const Pattern &pattern) { return pattern.speed.latency_ns != 0; }

  void write(char *to, std::uint64_t bytes) {
    if (instruction_ == Instruction::write_back) {
      std::memcpy(to, source_, bytes);
      verbs_.write_back(to, bytes);
    } else if (bytes % kLineBytes == 0) {
      verbs_.copy_nt(to, source_, bytes);
    } else {
      for (std::uint64_t at = 0; at < bytes; at += 8) {
        long long word;
        std::memcpy(&word, source_ + at, sizeof word);
        _mm_stream_si64(reinterpret_cast<long long *>(to + at), word);
      }
    }
  }

  Instruction instruction_;
  char *file_;
  const snapshot::PersistVerbs &verbs_;
  alignas(kLineBytes) char source_[4096] = {};
};

void flush_choice(const Options &options) {
  const snapshot::PersistVerbs *verbs;
  if (!snapshot::select_persist_verbs(snapshot::PersistChoice::automatic, &verbs).ok())
    fail("no persist verbs");
  ScratchDir scratch;
  char *const files[] = {map_file(scratch.file("nt")), map_file(scratch.file("write_back"))};
  Writer writers[] = {{Instruction::nt, files[0], *verbs}, {Instruction::write_back, files[1], *verbs}};
  std::printf("non-temporal stores by %s, each write and its part of a fence\n", verbs->name);
  for (const Pattern &pattern : kPatterns) {
    Figure figure(options, {pattern.name, pattern.title, "bytes × writes per fence", "ns per write"},
                  {"NT store", "store + clwb"});
    for (const std::uint64_t bytes : {8u, 64u, 256u, 1024u, 4096u}) {
      if (options.quick && bytes != 8 && bytes != 64 && bytes != 4096) continue;
      for (const std::uint64_t interval : {1u, 4u, 16u, 64u}) {
        if (options.quick && interval != 1 && interval != 16) continue;
        const Rounds times = interleave(
            2, options.rounds, [&](std::size_t i) { return writers[i].run(pattern, bytes, interval); });
        // The runtime copies whole lines, by NT stores: what it would gain by the other.
        const double aim = bytes % kLineBytes == 0 ? 1 : 0;
        figure.row(std::to_string(bytes) + " × " + std::to_string(interval), times,
                   {{"store + clwb", "NT store", Relation::at_least, aim}});
      }
    }
    if (std::memcmp(files[0], files[1], kFileBytes) != 0) fail("the two have not written the same");
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::flush_choice); }
