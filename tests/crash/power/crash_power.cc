// Invariants 1, 2 and 5 on ordinary file systems, without power: whatever had not been synced is really gone.
//
// Claim: after a power cut at any instant, the file system's own recovery and Snapshot's give the state of
// the last commit that returned, or of the next; until it is killed the program gets errors, and no signal
// from inside the library. Method: loop_disk.h; the program, its recovery, or both, lose the disk before a
// numbered action or at a random instant (plan.h), while pages are written back at random. The canaries show
// that the disk forgets: programs and recoveries that leave out a sync must be found wrong.
//
// All is drawn from the seed. Cuts by number repeat exactly; those at an instant only aim the same way.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>

#include "report.h"
#include "temp_dir.h"
#include "writeback.h"

using namespace power;

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

volatile sig_atomic_t interrupted = 0;

struct Options {
  std::uint64_t cuts = 60, seed = 0;
  std::size_t series_of = 10;
  std::vector<std::string> disks;
  std::string report_directory;
  bool no_canaries = false, eager_writeback = false, progress = false;
};

// Kinds of disk that can be had here; why not, for the others.
std::vector<const DiskKind *> usable_disks(const Options &options, std::vector<std::string> *skipped) {
  std::vector<const DiskKind *> usable;
  const auto why_not = private_mounts();
  for (const DiskKind &kind : disk_kinds) {
    const auto &wanted = options.disks;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), kind.name) == wanted.end()) continue;
    try {
      if (why_not) throw std::runtime_error(*why_not);
      const test::TempDir directory;
      LoopDisk(kind, 0, directory.path()).cut();
      usable.push_back(&kind);
    } catch (const std::exception &e) {
      skipped->push_back(std::string(kind.name) + ": " + e.what());
    }
  }
  return usable;
}

// Each until it is noticed, which is a matter of a few tries.
void try_canaries(const DiskKind &disk, std::uint64_t seed, RunReport *report) {
  constexpr std::uint64_t tries_max = 200;
  for (const Canary &canary : canaries) {
    if (canary.needs_writeback && !disk.writes_back_in_place) continue;
    CanaryReport result{canary.name, disk.name, 0, false};
    while (!result.noticed && result.tries < tries_max && interrupted == 0) {
      Tally ignored;
      result.noticed = run_series(series_of(canary, seed + result.tries++, disk), &ignored, "").has_value();
    }
    report->canaries.push_back(result);
  }
}

class Progress {
 public:
  explicit Progress(bool on) : on_(on) {}
  void show(const RunReport &report, std::uint64_t wanted) {
    const double now = seconds_since(begin_);
    if (!on_ || (now - last_ < 2 && report.cuts() < wanted)) return;
    last_ = now;
    const double rate = static_cast<double>(report.cuts()) / now;
    const double left = report.cuts() < wanted ? static_cast<double>(wanted - report.cuts()) / rate : 0;
    std::printf("%llu of %llu cuts, %.1f a second, %.0f s left, %zu failures\n",
                static_cast<unsigned long long>(report.cuts()), static_cast<unsigned long long>(wanted), rate,
                left, report.failures.size());
    std::fflush(stdout);
  }

 private:
  bool on_;
  double last_ = 0;
  Clock::time_point begin_ = Clock::now();
};

void run_all(const Options &options, const std::vector<const DiskKind *> &disks, RunReport *report) {
  Progress progress(options.progress);
  for (const DiskKind *kind : disks) report->disks.push_back({kind, {}, 0});
  for (std::uint64_t seed = options.seed; report->cuts() < options.cuts && interrupted == 0; ++seed) {
    const Series series = series_of(seed, disks, options.series_of);
    DiskReport &disk = report->disks[seed % disks.size()];
    std::unique_ptr<EagerWriteback> eager;
    if (options.eager_writeback && seed % 2 == 0) eager = std::make_unique<EagerWriteback>();
    ++disk.series;
    const auto failure = run_series(series, &disk.tally, options.report_directory);
    if (failure && interrupted == 0) report->failures.push_back(*failure);
    report->last_seed = seed;
    progress.show(*report, options.cuts);
  }
}

void write_reports(const RunReport &report, const std::string &directory) {
  std::ofstream(directory + "/power-cuts.txt") << as_text(report);
  std::ofstream(directory + "/power-cuts.json") << as_json(report);
}

int run(const Options &options) {
  RunReport report;
  report.date = date_now();
  report.kernel = kernel_release();
  report.first_seed = options.seed;
  report.cuts_per_series = options.series_of;
  report.eager_writeback = options.eager_writeback;
  const auto disks = usable_disks(options, &report.skipped);
  if (disks.empty()) {
    for (const std::string &why : report.skipped) std::cout << "SKIPPED: " << why << "\n";
    return 77;
  }
  if (!options.no_canaries)
    for (const DiskKind *disk : disks) try_canaries(*disk, options.seed, &report);
  const auto begin = Clock::now();
  run_all(options, disks, &report);
  report.seconds = seconds_since(begin);
  std::cout << as_text(report) << std::flush;
  if (!options.report_directory.empty()) write_reports(report, options.report_directory);
  return report.passed() ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  Options options;
  options.seed = std::random_device()();
  CLI::App app("Cuts the power of ext4 and XFS under programs that use Snapshot, and checks what is left.");
  app.add_option("--cuts", options.cuts, "stop after so many")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the first series; the following have the following seeds");
  app.add_option("--series-of", options.series_of, "cuts of one file system")->check(CLI::PositiveNumber);
  app.add_option("--fs", options.disks, "only these: ext4, ext4-journal, xfs")
      ->check(CLI::IsMember({"ext4", "ext4-journal", "xfs"}));
  app.add_option("--report", options.report_directory, "write power-cuts.txt and power-cuts.json there")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--no-canaries", options.no_canaries, "without the programs that must fail");
  app.add_flag("--eager-writeback", options.eager_writeback,
               "in every second series the whole machine writes dirty pages back after 10 ms");
  app.add_flag("--progress", options.progress, "a line every two seconds");
  CLI11_PARSE(app, argc, argv);
  struct sigaction stop = {};
  stop.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &stop, nullptr);
  sigaction(SIGTERM, &stop, nullptr);
  try {
    return run(options);
  } catch (const std::exception &e) {
    std::cerr << "crash_power: error: " << e.what() << "\n";
    return 3;
  }
}
