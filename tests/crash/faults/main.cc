// crash_faults: every system call that the runtime makes is failed in turn. Invariant 5: every error leaves
// the file at a commit boundary and the program able to retry.
//
//   crash_faults [--scenario NAME] [--media memory|page-cache] [--copy lazy|eager] [--call N] [--errno NAME]
//                [--times N|forever] [--seed S] [--every N] [--all] [--network] [--list] [--verbose]
//
// Claim: whichever call fails, in whichever way it can (failure.cc), once or until the trouble is over,
//   a  recovery finds a commit, after a kill and after a power cut that keeps only what successful syncs have
//   written
//      since the last failed one (disk.h): the last that returned, or one whose failure was reported;
//   b  the caller is told, with the errno that the call gave or a documented translation of it; or what was
//   asked for
//      has been done, and the call is known to be harmless (why_harmless);
//   c  when the trouble is over the call succeeds, with every line that was dirty;
//   d  the next commits, the end of the mapping and recovery work;
//   e  no signal, no hang;
//   f  where a sentence is promised, it is one line and names the file.
// Method: an advancing counter, as in SQLite's tests of malloc and I/O errors (sqlite.org/testing.html): the
// n-th call fails, for n = 1, 2, ... until a run is over before its n-th call. What the runtime allocates it
// maps, so failed calls cover memory as well. Each run has a process of its own. Nothing depends on timing.
//
// Exit status: 0 all rules were kept; 1 one was not: the problem and the command that repeats it are printed;
// 2 usage.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <set>

#include "runner.h"
#include "temp_dir.h"

namespace {

using namespace faults;

struct Options {
  std::string scenario, media, copy, failure, times;
  std::uint64_t call = 0, seed = 1, every = 1;
  bool all = false, list = false, verbose = false;
};

struct Tally {
  std::uint64_t calls = 0, runs = 0, problems = 0;
};

std::string times_text(const Fault &fault) {
  return fault.times == Fault::forever ? "forever" : std::to_string(fault.times);
}

class Campaign {
 public:
  explicit Campaign(const Options &options) : options_(options) {}
  Tally run(const Setting &setting) {
    setting_ = setting;
    tally_ = {};
    const test::TempDir directory;
    Runner runner(setting, directory.path(), options_.seed);
    if (!shows_problem({}, runner.run({}))) fail_each_call(runner);
    return tally_;
  }

 private:
  void fail_each_call(Runner &runner) {
    for (std::uint64_t n = std::max<std::uint64_t>(options_.call, 1);; ++n) {
      Outcome first = runner.run({n, "", 1});
      if (first.unlisted && first.problem.empty())
        first.problem = "failure.cc says neither how it fails nor why it cannot";
      (void)shows_problem({n, "", 1}, first);
      if (!first.reached) return;
      ++tally_.calls;
      if (options_.verbose)
        std::printf("  %llu %s\n", static_cast<unsigned long long>(n), first.call.c_str());
      for (const std::string &failure : first.choices)
        if (options_.failure.empty() || options_.failure == failure)
          fail_in_each_mode(runner, n, first.call, failure);
      if (options_.call != 0) return;
    }
  }
  // A signal comes once or a few times, and a kind of file system stays what it is. What is handled like
  // another failure that lasts need not last itself; a quota does where the way back out of a commit asks for
  // it again.
  static bool makes_sense(const std::string &call, const std::string &failure, std::uint64_t times) {
    static const std::set<std::string> once = {"ENFILE", "EROFS",   "EPERM",  "ENOLCK",
                                               "EACCES", "ENOTDIR", "nothing"};
    static const std::set<std::string> always = {"vfat", "full-vfat", "full-nfs"};
    if (times == 1) return always.count(failure) == 0;
    return once.count(failure) == 0 && (failure != "EDQUOT" || call == "msync");
  }
  void fail_in_each_mode(Runner &runner, std::uint64_t n, const std::string &call,
                         const std::string &failure) {
    for (const std::uint64_t times : {std::uint64_t{1}, failure == "EINTR" ? 3 : Fault::forever}) {
      const Fault fault{n, failure, times};
      if (options_.times.empty() ? !makes_sense(call, failure, times) : options_.times != times_text(fault))
        continue;
      if (ways_++ % options_.every == 0) (void)shows_problem(fault, runner.run(fault));
    }
  }
  bool shows_problem(const Fault &fault, const Outcome &outcome) {
    ++tally_.runs;
    if (outcome.problem.empty()) return false;
    ++tally_.problems;
    if (!shown_.insert(setting_.scenario->name + outcome.call + outcome.problem).second) return true;
    std::printf(
        "FAILED: %s (%s): %s\n  to repeat: crash_faults --scenario %s --media %s --copy %s --seed %llu",
        setting_.scenario->name, outcome.call.c_str(), outcome.problem.c_str(), setting_.scenario->name,
        setting_.media.c_str(), setting_.copy.c_str(), static_cast<unsigned long long>(options_.seed));
    if (fault.call != 0)
      std::printf(" --call %llu --errno %s --times %s", static_cast<unsigned long long>(fault.call),
                  fault.failure.c_str(), times_text(fault).c_str());
    std::printf("\n");
    return true;
  }
  const Options &options_;
  Setting setting_{};
  Tally tally_;
  std::uint64_t ways_ = options_.seed;  // to fail a call, so far
  std::set<std::string> shown_;         // a problem that is met in many ways is told once
};

bool belongs_to(Settings settings, const std::string &media, const std::string &copy) {
  const bool by_default = copy == (media == "memory" ? "eager" : "lazy");
  return settings == Settings::all || (by_default && (settings == Settings::media || media == "page-cache"));
}

bool wanted(const std::string &asked, const std::string &name) { return asked.empty() || asked == name; }

int run(const Options &options) {
  Campaign campaign(options);
  Tally all;
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<Scenario> all_scenarios = scenarios();
  for (const Scenario &scenario : all_scenarios)
    for (const char *media : {"memory", "page-cache"})
      for (const char *copy : {"lazy", "eager"}) {
        if (!wanted(options.scenario, scenario.name) || !wanted(options.media, media) ||
            !wanted(options.copy, copy) || (!options.all && !belongs_to(scenario.settings, media, copy)))
          continue;
        const Tally t = campaign.run({&scenario, media, copy});
        std::printf("%-20s %-10s %-5s %4llu calls %6llu runs%s\n", scenario.name, media, copy,
                    static_cast<unsigned long long>(t.calls), static_cast<unsigned long long>(t.runs),
                    t.problems == 0 ? "" : (", " + std::to_string(t.problems) + " FAILED").c_str());
        std::fflush(stdout);
        all.calls += t.calls, all.runs += t.runs, all.problems += t.problems;
      }
  if (all.runs == 0) {
    std::fprintf(stderr, "crash_faults: no such scenario; --list names them\n");
    return 2;
  }
  std::printf("%llu calls failed in %llu runs, %llu problems, %.1f s, seed %llu\n",
              static_cast<unsigned long long>(all.calls), static_cast<unsigned long long>(all.runs),
              static_cast<unsigned long long>(all.problems),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
              static_cast<unsigned long long>(options.seed));
  return all.problems == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  // Images of logs are large and short-lived: fresh pages for each would take most of the time.
  (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
  (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
  (void)mallopt(M_TOP_PAD, 4 << 20);
  Options options;
  CLI::App app("fails every system call of the runtime in turn");
  app.add_option("--scenario", options.scenario, "one of --list");
  app.add_option("--media", options.media, "memory or page-cache")
      ->check(CLI::IsMember({"memory", "page-cache"}));
  app.add_option("--copy", options.copy, "lazy or eager")->check(CLI::IsMember({"lazy", "eager"}));
  app.add_option("--call", options.call, "the number of the call that fails, from 1");
  app.add_option("--errno", options.failure, "how it fails: ENOSPC, EIO, ..., or short");
  app.add_option("--times", options.times, "1, 3 (EINTR) or forever");
  app.add_option("--seed", options.seed, "what a disk takes of a failed sync");
  app.add_option("--every", options.every, "of all ways to fail all calls, one in so many")
      ->check(CLI::PositiveNumber);
  app.add_flag("--all", options.all, "every scenario in every setting");
  app.add_flag("--network", network_file_system, "also calls that fail on network file systems only");
  app.add_flag("--list", options.list, "names the scenarios");
  app.add_flag("--verbose", options.verbose, "names the calls");
  CLI11_PARSE(app, argc, argv);
  if (options.list) {
    for (const Scenario &s : scenarios()) std::printf("%s\n", s.name);
    return 0;
  }
  try {
    return run(options);
  } catch (const std::exception &e) {
    std::fprintf(stderr, "crash_faults: %s\n", e.what());
    return 1;
  }
}
