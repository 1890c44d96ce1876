#include "crash_test.h"

#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/message.h"
#include "command_line.h"
#include "recovery/recover_file.h"
#include "report.h"

namespace crash_test {
namespace {

namespace fs = std::filesystem;

// Multiples of the golden ratio, modulo 1: however many consecutive numbers are taken, they are spread
// evenly.
double spread(u64 number) {
  const double product = static_cast<double>(number) * 0.6180339887498949;
  return product - std::floor(product);
}

// The count of instants and the one to kill at, for commit_instants.c.
std::string instants_of(const Attempt &attempt) { return attempt.path("instants"); }

u64 events_in(const Attempt &attempt) {
  u64 count = 0;
  std::ifstream(instants_of(attempt), std::ios::binary).read(reinterpret_cast<char *>(&count), sizeof count);
  return count;
}

}  // namespace

Ended CrashTest::run_program(const Attempt &attempt, const Instant &instant) const {
  const u64 words[2] = {0, instant.event};
  std::ofstream(instants_of(attempt), std::ios::binary)
      .write(reinterpret_cast<const char *>(words), sizeof words);
  const std::string libraries = options_.tools + "/libsnapshot-crash-test.so:" + options_.library;
  std::optional<double> kill_after;
  if (instant.seconds > 0) kill_after = instant.seconds;
  return attempt.run_program(
      {"LD_PRELOAD=" + preload(libraries), "SNAPSHOT_CRASH_INSTANTS=" + instants_of(attempt)}, kill_after);
}

// Recovers every file that has a log. A log without its file is left of a file that the program removed.
bool CrashTest::recover_all(const std::string &directory, std::string *what) {
  constexpr const char *suffix = ".snaplog";
  Words files;
  for (const fs::directory_entry &entry : fs::recursive_directory_iterator(directory))
    if (entry.path().extension() == suffix) files.push_back(fs::path(entry.path()).replace_extension());
  for (const std::string &file : files) {
    if (!fs::exists(file)) continue;
    ++logs_;
    snapshot::FileReport report;
    if (snapshot::recover_file(file.c_str(), &report).ok()) continue;
    *what = fmt::format("recovery refuses: {}", snapshot::last_error_text());
    return false;
  }
  return true;
}

// A run that nobody disturbs: how long it takes, how many commits there are, and that program and checker
// agree on it.
bool CrashTest::measure() {
  Attempt attempt(options_);
  const Ended program = run_program(attempt, {});
  events_ = events_in(attempt);
  seconds_ = program.seconds;
  return agrees(attempt, program);
}

// Even seeds: just before or after a commit. Odd ones: some time after the start.
CrashTest::Instant CrashTest::instant_of(u64 seed) const {
  const double place = spread(seed / 2);
  Instant instant;
  if (seed % 2 == 0 && events_ != 0) {
    instant.event = 1 + static_cast<u64>(place * static_cast<double>(events_));
    instant.text = fmt::format("just {} commit {} (of {})", instant.event % 2 == 1 ? "before" : "after",
                               (instant.event + 1) / 2, events_ / 2);
  } else {
    instant.seconds = std::max(1e-6, place * seconds_);
    instant.text =
        fmt::format("{:.3f} ms after its start (of {:.3f} ms)", instant.seconds * 1e3, seconds_ * 1e3);
  }
  return instant;
}

// false: the checker found something.
bool CrashTest::try_one(u64 seed) {
  Attempt attempt(options_);
  const Instant instant = instant_of(seed);
  const Ended program = run_program(attempt, instant);
  if (program.killed) ++killed_;
  std::string what;
  if (!program.killed && program.status != 0) {
    what = fmt::format("the program failed before that, with exit status {}; it says:\n{}", program.status,
                       text_of(attempt.output()));
  } else if (recover_all(attempt.files(), &what)) {
    const Ended checker = attempt.run_checker();
    if (checker.status == 0) return true;
    what = fmt::format("the checker rejects the recovered files, with exit status {}", checker.status);
  }
  report(options_, attempt, fmt::format("seed {}: killed {}: {}", seed, instant.text, what),
         {"--seed", std::to_string(seed), "--kills", "1"});
  return false;
}

Outcome CrashTest::run() {
  snapshot::message_level = snapshot::Level::off;
  if (!measure()) return Outcome::impossible;
  fmt::print("undisturbed: {:.1f} ms, {} commits; now {} kills from seed {}\n", seconds_ * 1e3, events_ / 2,
             options_.kills, options_.seed);
  std::fflush(stdout);
  for (u64 i = 0; i < options_.kills; ++i)
    if (!try_one(options_.seed + i)) return Outcome::failed;
  if (logs_ == 0 && options_.kills > 1) {
    complain(
        "no kill found a managed file in the program's directory, so nothing was tested; does it map its "
        "files there, and do SNAPSHOT_FILES and SNAPSHOT_IGNORE select them?");
    return Outcome::impossible;
  }
  fmt::print("{} kills, {} of them before the program had ended: the checker accepts every recovered state\n",
             options_.kills, killed_);
  return Outcome::passed;
}

}  // namespace crash_test
