#include "campaign.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/message.h"
#include "kill_timer.h"
#include "recovery/recover_file.h"
#include "temp_dir.h"

namespace soak {
namespace {

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit status " + std::to_string(WEXITSTATUS(status));
}

bool was_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

}  // namespace

int Servers::run(Tracking tracking) {
  auto &server = servers_[static_cast<u32>(tracking)];
  if (server == nullptr) {
    std::vector<std::string> command = {tracking == Tracking::instrumented ? programs_.instrumented
                                                                           : programs_.plain};
    if (tracking == Tracking::interposed) command.insert(command.begin(), programs_.snaprun);
    server = std::make_unique<Server>(command, memory_, errors_);
  }
  return server->run();
}

Campaign::Campaign(const Plan &plan, const std::string &directory, Servers &servers, Tally &tally)
    : plan_(plan),
      directory_(directory),
      servers_(servers),
      shared_(servers.shared()),
      tally_(tally),
      oracle_(plan) {
  shared_.reset();
  shared_->seed = plan.seed;
  shared_->unmanaged = plan.tracking == Tracking::unmanaged;
  if (directory.size() >= sizeof shared_->directory)
    throw std::runtime_error(directory + ": too long a name");
  std::copy(directory.begin(), directory.end(), shared_->directory);
  make_files();
}

void Campaign::make_files() const {
  for (unsigned f = 0; f < plan_.files(); ++f)
    test::write_file(directory_ + "/" + file_name(f), std::string(plan_.file_bytes(), 0));
}

void Campaign::aim(u64 number) {
  Random random(plan_.seed, 1000, number);
  const u64 n = random.below(8);
  shared_->aim = n == 0 ? Aim::opening : n < 4 ? Aim::after_report : Aim::in_commit;
  shared_->reports_before = random.below(plan_.place == Place::disk ? 3 : 40);
  shared_->per_mille = random.below(shared_->aim == Aim::in_commit ? 1100 : 1500);
}

// The program's run. Failure if it ended by itself.
bool Campaign::kill_once() {
  shared_->committing = 0;
  const int status = servers_.run(plan_.tracking);
  oracle_.note_end_of_run(*shared_);
  if (was_killed(status)) {
    if (plan_.tracking != Tracking::unmanaged) ++tally_.by_aim[static_cast<u32>(shared_->aim)];
    return true;
  }
  if (shared_->aim == Aim::nowhere && WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
  throw Failure("the program " + describe(status) +
                (shared_->error[0] != 0 ? std::string(": ") + shared_->error : ""));
}

void Campaign::recover_files() {
  snapshot::message_level = snapshot::Level::off;
  for (unsigned f = 0; f < plan_.files(); ++f) {
    snapshot::FileReport report;
    const std::string path = directory_ + "/" + file_name(f);
    if (!snapshot::recover_file(path.c_str(), &report).ok())
      throw Failure(std::string("recovery refuses: ") + snapshot::last_error_text());
    tally_.recovered_undo += report.findings.verdict == snapshot::Verdict::undo;
    tally_.recovered_whole += report.findings.verdict == snapshot::Verdict::complete;
  }
}

// A process of its own recovers, and is killed at it, unless it is quicker.
bool Campaign::kill_recovery(Random &random) {
  const u64 delay = recovery_ns_ * random.below(1200) / 1000;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    KillTimer timer;
    timer.arm(delay);
    try {
      recover_files();
    } catch (const std::exception &) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid");
  if (!was_killed(status) && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
    throw Failure("the recovery that was to be killed " + describe(status));
  return was_killed(status);
}

// The program is started again, and killed about when it recovers.
void Campaign::kill_opening(Random &random) {
  shared_->aim = Aim::opening;
  shared_->per_mille = random.below(1000);
  (void)kill_once();
  count_kill();
}

// By itself, by the program that opens the files, or by both; and sometimes only after having been killed at
// it.
void Campaign::recover(Random &random) {
  while (random.one_in(4)) kill_opening(random);
  while (random.one_in(4) && kill_recovery(random)) {
    ++tally_.in_recovery;
    count_kill();
  }
  if (random.one_in(4)) {
    shared_->aim = Aim::nowhere;
    const u64 committing = shared_->committing;
    (void)kill_once();
    shared_->committing = committing;
  }
  const u64 begin = nanoseconds_now();
  recover_files();
  recovery_ns_ = (recovery_ns_ * 3 + nanoseconds_now() - begin) / 4;
}

void Campaign::check() {
  const bool in_commit = shared_->committing.load() != 0;
  if (const auto error = oracle_.check(directory_, *shared_)) throw Failure(*error);
  ++tally_.checks;
  if (!in_commit) return;
  ++tally_.hit_commit;
  ++(oracle_.was_ahead() ? tally_.hit_and_kept : tally_.hit_and_undone);
}

void Campaign::count_kill() {
  ++tally_.kills;
  ++tally_.by_kind[static_cast<u32>(plan_.tracking)][static_cast<u32>(plan_.place)]
                  [static_cast<u32>(plan_.copy)];
  ++tally_.by_shape[static_cast<u32>(plan_.shape)];
}

void Campaign::run(u64 kills) {
  for (u64 i = 0; i < kills && tally_.stop == 0; ++i) {
    Random random(plan_.seed, 2000, i);
    aim(i);
    (void)kill_once();
    count_kill();
    if (i + 1 < kills && random.one_in(4)) {
      ++tally_.not_looked_at;
      continue;
    }
    recover(random);
    check();
  }
}

void Campaign::run_canary(u64 kills) {
  for (u64 i = 0; i < kills && tally_.stop == 0; ++i) {
    aim(i);
    ++tally_.canary_kills;
    try {
      (void)kill_once();
      if (!oracle_.check(directory_, *shared_)) continue;
    } catch (const Failure &) {
      // A program that trips over what the kill before left in its file.
    }
    ++tally_.canary_mixtures;
    return;
  }
}

void Campaign::keep_evidence(const std::string &to) const {
  std::filesystem::create_directories(to);
  std::filesystem::copy(
      directory_, to,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  oracle_.write_expected(to);
}

}  // namespace soak
