#include "crash_test.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/message.h"
#include "recovery/recover_file.h"
#include "shell_words.h"

namespace crash_test {
namespace {

namespace fs = std::filesystem;

void complain(const std::string &text) { fmt::print(stderr, "snaprun: error: --crash-test: {}\n", text); }

std::string text_of(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

// Multiples of the golden ratio, modulo 1: however many consecutive numbers are taken, they are spread
// evenly.
double spread(u64 number) {
  const double product = static_cast<double>(number) * 0.6180339887498949;
  return product - std::floor(product);
}

}  // namespace

// A directory of its own for one run: files/ is where the program runs; beside it what only we and the
// checker need.
class CrashTest::Attempt {
 public:
  explicit Attempt(const Options &options)
      : options_(options), root_(options.directory + "/snapshot-crash-XXXXXX") {
    if (mkdtemp(root_.data()) == nullptr)
      throw std::runtime_error(options.directory + ": cannot make a directory in it");
    if (options.template_directory.empty())
      fs::create_directory(files());
    else
      fs::copy(options.template_directory, files(),
               fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  ~Attempt() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(root_, ignored);
  }
  Attempt(const Attempt &) = delete;
  Attempt &operator=(const Attempt &) = delete;

  Ended run_program(u64 event, double seconds) {
    const u64 words[2] = {0, event};
    std::ofstream(instants(), std::ios::binary).write(reinterpret_cast<const char *>(words), sizeof words);
    Run run = {options_.program,
               {"LD_PRELOAD=" + options_.preload, "SNAPSHOT_CRASH_INSTANTS=" + instants()},
               files(),
               output(),
               {}};
    if (seconds > 0) run.kill_after = seconds;
    return crash_test::run(run);
  }
  Ended run_checker() {
    return crash_test::run({{"/bin/sh", "-c", options_.check},
                            {"SNAPSHOT_CRASH_OUTPUT=" + output()},
                            files(),
                            checker_output(),
                            {}});
  }
  u64 events() const {
    u64 count = 0;
    std::ifstream(instants(), std::ios::binary).read(reinterpret_cast<char *>(&count), sizeof count);
    return count;
  }
  void keep() { kept_ = true; }

  const std::string &root() const { return root_; }
  std::string files() const { return root_ + "/files"; }
  std::string output() const { return root_ + "/output"; }
  std::string checker_output() const { return root_ + "/checker-output"; }

 private:
  std::string instants() const { return root_ + "/instants"; }
  const Options &options_;
  std::string root_;
  bool kept_ = false;
};

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
  const Ended program = attempt.run_program(0, 0);
  if (program.status != 0) {
    complain(fmt::format("the program fails without being killed, with exit status {}; it says:\n{}",
                         program.status, text_of(attempt.output())));
    return false;
  }
  events_ = attempt.events();
  seconds_ = program.seconds;
  const Ended checker = attempt.run_checker();
  if (checker.status == 0) return true;
  complain(
      fmt::format("the checker rejects what the program leaves without being killed, with exit status {}; it "
                  "says:\n{}",
                  checker.status, text_of(attempt.checker_output())));
  return false;
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

void CrashTest::report(const Attempt &attempt, u64 seed, const Instant &instant,
                       const std::string &what) const {
  fmt::print("seed {}: killed {}: {}\n", seed, instant.text, what);
  const std::string said = text_of(attempt.checker_output());
  if (!said.empty()) fmt::print("the checker says:\n{}", said);
  fmt::print("files kept in {}; what the program said: {}\n", attempt.files(), attempt.output());
  Words command = {options_.snaprun, "--crash-test", "--check", options_.check};
  if (!options_.template_directory.empty())
    command.insert(command.end(), {"--template", options_.template_directory});
  command.insert(command.end(),
                 {"--dir", options_.directory, "--seed", std::to_string(seed), "--kills", "1", "--"});
  command.insert(command.end(), options_.program.begin(), options_.program.end());
  fmt::print("reproduce: {}{}\n", snapshot_settings(), shell_line(command));
}

// false: the checker found something.
bool CrashTest::try_one(u64 seed) {
  Attempt attempt(options_);
  const Instant instant = instant_of(seed);
  const Ended program = attempt.run_program(instant.event, instant.seconds);
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
  attempt.keep();
  report(attempt, seed, instant, what);
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
        "files there, "
        "and do SNAPSHOT_FILES and SNAPSHOT_IGNORE select them?");
    return Outcome::impossible;
  }
  fmt::print("{} kills, {} of them before the program had ended: the checker accepts every recovered state\n",
             options_.kills, killed_);
  return Outcome::passed;
}

}  // namespace crash_test
