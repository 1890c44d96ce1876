#include "kill_rounds.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr microseconds patience = 60s;
constexpr const char *snapshot_name = "data", *before_name = "before", *plain_name = "plain";

void demand(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

std::string joined(const Command &command) {
  std::string text;
  for (const std::string &word : command) text += (text.empty() ? "" : " ") + word;
  return text;
}

void copy_if_there(const std::string &from, const std::string &to) {
  fs::remove(to);
  if (fs::exists(from)) fs::copy_file(from, to);
}

}  // namespace

KillRounds::KillRounds(const Subject &subject, const Tools &tools, const std::string &parent_dir,
                       std::uint64_t seed, int kills)
    : subject_(subject), tools_(tools), dir_(parent_dir), random_(seed) {
  // Drawn evenly from [0, max), so that the expected sum over all kills is one load and a half.
  messages_max_ =
      std::max<std::uint64_t>(2, 3 * subject.commits() / static_cast<std::uint64_t>(std::max(kills, 1)));
  messages_max_ = std::min(messages_max_, subject.commits());
}

void KillRounds::run_undisturbed() {
  const std::string file = dir_.file(snapshot_name);
  Command command = subject_.run(Build::snapshot, file, false);
  Outcome outcome = run_command(command, patience);
  demand(outcome.succeeded(), joined(command) + ": " + outcome.describe());
  run_duration_ = outcome.duration;
  commit_duration_ = std::max(microseconds(20), run_duration_ / static_cast<long>(subject_.commits()));
  for (Build build : {Build::snapshot, Build::plain}) {
    Verdict verdict = check_by(build, snapshot_name);
    demand(verdict.counter == subject_.operations(),
           "a run to the end left " + std::to_string(verdict.counter) + " operations");
  }
  start_afresh();
}

// Throws unless the file is as some msync left it.
Verdict KillRounds::check_by(Build build, const std::string &name) {
  Command command = subject_.check(build, dir_.file(name));
  if (!fs::exists(dir_.file(name))) return {Verdict::Kind::committed, 0, "no file", false, false};
  auto start = std::chrono::steady_clock::now();
  Verdict verdict = run_check(command, patience);
  auto duration = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
  check_duration_ = duration;
  demand(verdict.kind == Verdict::Kind::committed && (!verdict.repaired || tools_.may_repair),
         joined(command) + ": " + verdict.details);
  return verdict;
}

std::uint64_t KillRounds::below(std::uint64_t end) {
  return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(random_);
}

KillPoint KillRounds::next_point(bool starting) {
  // The first moments are short and much happens in them: creation and the first commits.
  if (starting && below(2) == 0) return {0, microseconds(below(5000))};
  std::uint64_t scale = static_cast<std::uint64_t>(commit_duration_.count());
  return {1 + below(messages_max_), microseconds(below(3 * scale)), below(4) != 0};
}

void KillRounds::start_afresh() {
  dir_.remove(snapshot_name);
  counter_ = 0;
  ++fresh_starts_;
}

void KillRounds::kill_snapshot_build() {
  // Every seventh kill meets a creation; and a file that is full has nothing left to be killed in.
  bool starting = kills_done_ % 7 == 0;
  std::uint64_t left = (subject_.operations() - counter_) / subject_.commit_every();
  if (left < 2) start_afresh();
  std::string aside = dir_.file("aside");
  std::uint64_t counter_aside = counter_;
  if (starting) {
    copy_if_there(dir_.file(snapshot_name), aside);
    start_afresh();
  }
  for (;;) {
    point_ = next_point(starting);
    copy_if_there(dir_.file(snapshot_name), dir_.file(before_name));
    Command command = subject_.run(Build::snapshot, dir_.file(snapshot_name));
    Killed killed = run_and_kill(command, point_);
    if (!killed.finished) {
      demand(killed.outcome.end == Outcome::End::signalled,
             joined(command) + ": " + killed.outcome.describe());
      recover_and_check(killed.reported);
      break;
    }
    demand(killed.outcome.succeeded(), joined(command) + ": " + killed.outcome.describe());
    start_afresh();
  }
  ++kills_done_;
  if (starting && counter_aside > counter_) {
    copy_if_there(aside, dir_.file(snapshot_name));
    counter_ = counter_aside;
  }
}

void KillRounds::recover_and_check(const std::optional<std::uint64_t> &reported) {
  const std::string file = dir_.file(snapshot_name);
  std::uint64_t counter_before = counter_;
  bool by_snapctl = (tools_.always_snapctl || kills_done_ % 2 == 0) && fs::exists(file);
  Command recover =
      by_snapctl ? Command{tools_.snapctl, "recover", file} : subject_.check(Build::snapshot, file);
  // Now and then the recovery is killed as well; whatever it did by then, the next one must succeed.
  if (kills_done_ % 3 == 0) run_and_kill(recover, {0, microseconds(below(4000))});
  if (by_snapctl) {
    Outcome outcome = run_command(recover, patience);
    demand(outcome.succeeded(), joined(recover) + ": " + outcome.describe());
  } else {
    counter_ = check_by(Build::snapshot, snapshot_name).counter;
  }
  Verdict verdict = check_by(Build::plain, snapshot_name);
  demand(by_snapctl || verdict.counter == counter_, "the two builds read the file differently");
  counter_ = verdict.counter;
  std::uint64_t least = reported.value_or(counter_before);
  demand(counter_ >= least, "msync returned at " + std::to_string(least) +
                                " operations, but the file holds only " + std::to_string(counter_));
  demand(counter_ <= least + subject_.commit_every(),
         "the last msync that returned was at " + std::to_string(least) + " operations, but the file holds " +
             std::to_string(counter_));
}

Verdict KillRounds::kill_plain_build() {
  const std::string file = dir_.file(plain_name);
  copy_if_there(dir_.file(before_name), file);
  Killed killed = run_and_kill(subject_.run(Build::plain, file), point_);
  if (killed.finished)
    return {Verdict::Kind::committed, subject_.operations(), "finished before the kill", false, false};
  if (!fs::exists(file)) return {Verdict::Kind::committed, 0, "no file", false, false};
  // A store whose lock was taken hangs; that is told from slowness by how long a sound one takes.
  Verdict verdict =
      run_check(subject_.check(Build::plain, file), std::max(microseconds(300ms), 4 * check_duration_));
  const bool sound =
      verdict.kind == Verdict::Kind::committed || verdict.kind == Verdict::Kind::between_commits;
  verdict.forgetful = sound && killed.reported.has_value() && verdict.counter < *killed.reported;
  return verdict;
}

}  // namespace e2e
