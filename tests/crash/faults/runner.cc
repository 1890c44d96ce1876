#include "runner.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

#include "raw_file.h"

extern "C" void (*faults_after_library)(void);  // late.c

namespace faults {
namespace {

constexpr unsigned seconds_at_most = 20;

void set_up(const Setting &setting) {
  setenv("SNAPSHOT_MEDIA", setting.media.c_str(), 1);
  setenv("SNAPSHOT_COPY", setting.copy.c_str(), 1);
  setenv("SNAPSHOT_EXIT", setting.scenario->at_exit == nullptr ? "discard" : setting.scenario->at_exit, 1);
}

// For what runs when the library has ended.
struct {
  World *world;
  const Scenario *scenario;
  const Fault *fault;
  Record *record;
} last;

void note_problem(Record *record, const std::exception &e) {
  std::snprintf(record->problem, sizeof record->problem, "%s", e.what());
}

void act_after_exit() {
  try {
    last.scenario->after_exit(*last.world, *last.fault);
    last.world->leave_expectations();
  } catch (const std::exception &e) {
    note_problem(last.record, e);
  }
}

}  // namespace

Runner::Runner(const Setting &setting, const std::string &directory, std::uint64_t seed)
    : setting_(setting), directory_(directory), seed_(seed) {
  set_up(setting);
  start_ = make_start(setting.scenario->start, setting.scenario->bytes, directory);
  void *shared = mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::runtime_error("no shared memory");
  record_ = static_cast<Record *>(shared);
}

Runner::~Runner() { munmap(record_, sizeof(Record)); }

// The data file stays where a log names its inode.
void Runner::remove_leftovers() const {
  for (const auto &entry : std::filesystem::directory_iterator(directory_))
    if (entry.path().filename() != "data") remove_if_there(entry.path());
}

void Runner::in_child(const Fault &fault) {
  (void)alarm(seconds_at_most);
  (void)dup2(static_cast<int>(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY)), STDERR_FILENO);
  try {
    World world(directory_, start_, seed_, record_);
    setting_.scenario->run(world, fault);
    if (setting_.scenario->at_exit != nullptr) {
      world.leave_expectations();
      last = {&world, setting_.scenario, &fault, record_};
      if (setting_.scenario->after_exit != nullptr) faults_after_library = act_after_exit;
      std::exit(0);
    }
    world.finish();
    record_->finished = true;
  } catch (const std::exception &e) {
    note_problem(record_, e);
  }
  _exit(0);
}

std::string Runner::problem_after(int status) const {
  if (record_->problem[0] != 0) return record_->problem;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return "it hangs";
  if (WIFSIGNALED(status)) return std::string("killed by ") + strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (setting_.scenario->at_exit == nullptr) return record_->finished ? "" : "it ends early";
  try {
    return World::problem_after_exit(directory_);
  } catch (const std::exception &e) {
    return e.what();
  }
}

Outcome Runner::run(const Fault &fault) {
  new (record_) Record{};
  remove_leftovers();
  World::put_files(directory_, start_);
  std::fflush(stdout);  // a child that ends with exit() would print it again
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) in_child(fault);
  int status = 0;
  if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid failed");
  Outcome outcome;
  outcome.calls = record_->calls;
  outcome.reached = fault.call != 0 && record_->calls >= fault.call;
  outcome.call = record_->call;
  for (const auto &choice : record_->choices)
    if (choice[0] != 0) outcome.choices.emplace_back(choice);
  outcome.unlisted = record_->unlisted;
  outcome.problem = problem_after(status);
  return outcome;
}

}  // namespace faults
