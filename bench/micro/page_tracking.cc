// page_tracking: what a commit costs when the pages that were stored to have to be found, by how many there
// are, in a sparse file of 1 GiB. Not compiled by snapcc; each way of SNAPSHOT_PAGES_FROM runs in a process
// of its own, beside one in which the stores are declared (snapshot_log_range), so that nothing has to be
// found. usage: page_tracking [--quick] [--rounds N]
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/options.h"
#include "harness/random.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "snapshot/snapshot.h"

namespace {

constexpr std::uint64_t kPageBytes = 4096, kPages = (std::uint64_t{1} << 30) / kPageBytes;
// Pages with a history: stored to, and committed, before anything is measured.
constexpr std::uint64_t kPagesBefore = 50000;

snapshot_statistics statistics() {
  snapshot_statistics s{};
  if (snapshot_get_statistics(&s, sizeof s) != 0) bench::fail("snapshot_get_statistics");
  return s;
}

class Subject {
 public:
  Subject(const std::string &path, bool declares) : declares_(declares) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(kPages * kPageBytes)) != 0) bench::fail(path);
    void *address = mmap(nullptr, kPages * kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) bench::fail(snapshot_last_error());
    bytes_ = static_cast<char *>(address);
    close(fd);
  }
  ~Subject() { munmap(bytes_, kPages * kPageBytes); }
  Subject(const Subject &) = delete;
  Subject &operator=(const Subject &) = delete;

  // To one line of each of so many pages: the k-th is a random one of the k-th part.
  void store_to(std::uint64_t pages) {
    const std::uint64_t part = kPages / pages;
    for (std::uint64_t k = 0; k < pages; ++k) {
      auto *word =
          reinterpret_cast<std::uint64_t *>(bytes_ + (k * part + random_.next() % part) * kPageBytes);
      __atomic_store_n(word, random_.next(), __ATOMIC_RELAXED);
      if (declares_) snapshot_log_range(word, sizeof *word);
    }
  }
  void commit() {
    if (msync(bytes_, kPages * kPageBytes, MS_SYNC) != 0) bench::fail(snapshot_last_error());
  }

 private:
  char *bytes_ = nullptr;
  bool declares_;
  bench::Random random_{1};
};

void measure(Subject &subject, const char *name, std::uint64_t pages, unsigned rounds) {
  std::vector<double> stores, commits;
  subject.store_to(pages);
  subject.commit();
  const snapshot_statistics before = statistics();
  for (unsigned i = 0; i < rounds; ++i) {
    const std::uint64_t begin = bench::cpu_ns();
    subject.store_to(pages);
    const std::uint64_t stored = bench::cpu_ns();
    subject.commit();
    stores.push_back(static_cast<double>(stored - begin) / static_cast<double>(pages));
    commits.push_back(static_cast<double>(bench::cpu_ns() - stored) / 1000);
  }
  const snapshot_statistics after = statistics();
  if (after.lines_committed - before.lines_committed != rounds * pages)
    bench::fail("not every line was committed");
  std::printf("  %-10s%8llu%16s%18s%12llu%12llu\n", name, static_cast<unsigned long long>(pages),
              bench::with_spread(bench::summarise(stores), 0).c_str(),
              bench::with_spread(bench::summarise(commits), 1).c_str(),
              static_cast<unsigned long long>((after.pages_scanned - before.pages_scanned) / rounds),
              static_cast<unsigned long long>((after.pages_compared - before.pages_compared) / rounds));
  std::fflush(stdout);
}

int run(const std::string &path, const char *way, unsigned rounds) {
  const bool declares = std::strcmp(way, "declared") == 0;
  setenv("SNAPSHOT_MEDIA", "memory", 0);
  setenv("SNAPSHOT_LOG", "off", 0);
  if (!declares) {
    setenv("SNAPSHOT_TRACK", "pages", 1);
    setenv("SNAPSHOT_PAGES_FROM", way, 1);
  }
  try {
    Subject subject(path, declares);
    subject.store_to(kPagesBefore);
    subject.commit();
    subject.commit();
    for (const std::uint64_t pages : {1u, 100u, 10000u}) measure(subject, way, pages, rounds);
    return 0;
  } catch (const std::exception &e) {
    std::printf("  %-10s%s\n", way, e.what());
    return std::strstr(e.what(), "does not work here") != nullptr ? 0 : 1;
  }
}

void page_tracking(const bench::Options &options) {
  std::printf(
      "stores to so many pages of 1 GiB and a commit, SNAPSHOT_MEDIA=memory: median of %u\n"
      "  %-10s%8s%16s%18s%12s%12s\n",
      options.rounds, "found by", "pages", "ns per store", "us per commit", "scanned", "compared");
  std::fflush(stdout);
  bench::ScratchDir scratch;
  for (const char *way : {"declared", "scan", "copies", "compare"}) {
    const pid_t child = fork();
    if (child == 0) std::_Exit(run(scratch.file("data"), way, options.rounds));
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) bench::fail(way);
  }
}

}  // namespace

int main(int argc, char **argv) { return bench::run_program(argc, argv, page_tracking); }
