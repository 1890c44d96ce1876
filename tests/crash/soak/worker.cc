#include "worker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "temp_dir.h"

namespace soak {
namespace {

constexpr u64 failures_max = 10;  // more tell nothing new
constexpr u64 canary_every = 10;  // programs
constexpr u64 canaries_max = 50;  // that show nothing, and then the checks are no good

// One line by one write, so that those of several workers do not mix.
void append_line(const std::string &path, std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, line.data(), line.size()) < 0) throw std::runtime_error("cannot write to " + path);
  (void)close(fd);
}

class Worker {
 public:
  Worker(const Options &options, Tally &tally, const std::string &failures_path)
      : options_(options),
        tally_(tally),
        failures_path_(failures_path),
        in_memory_(options.memory_directory),
        on_disk_(options.disk_directory),
        servers_(options.programs, in_memory_.path()) {}

  void run_program(u64 seed) {
    const Plan plan = plan_of(seed, false);
    const std::string directory = new_directory(plan);
    Campaign campaign(plan, directory, servers_, tally_);
    try {
      campaign.run(std::min(options_.kills_per_program, kills_left()));
    } catch (const std::exception &error) {
      note_failure(plan, campaign, error.what());
    }
    std::filesystem::remove_all(directory);
  }

  void run_canary(u64 seed) {
    const Plan plan = plan_of(seed, true);
    const std::string directory = new_directory(plan);
    {
      Campaign campaign(plan, directory, servers_, tally_);
      campaign.run_canary(options_.kills_per_program);
    }
    std::filesystem::remove_all(directory);
  }

  u64 kills_left() const {
    const u64 done = tally_.kills.load();
    return done < options_.kills ? options_.kills - done : 0;
  }

 private:
  std::string new_directory(const Plan &plan) const {
    const test::TempDir &parent = plan.place == Place::disk ? on_disk_ : in_memory_;
    const std::string directory = parent / "program";
    std::filesystem::create_directory(directory);
    return directory;
  }

  void note_failure(const Plan &plan, const Campaign &campaign, const std::string &what) {
    const std::string evidence = options_.report_directory + "/failure-" + std::to_string(plan.seed);
    campaign.keep_evidence(evidence);
    append_line(failures_path_, "seed " + std::to_string(plan.seed) + " (" + plan.describe() + "): " + what +
                                    "; files kept in " + evidence +
                                    "; reproduce: " + reproducing_command(options_, plan.seed));
    if (++tally_.failures >= failures_max) tally_.stop = 1;
    servers_.restart();
  }

  const Options &options_;
  Tally &tally_;
  const std::string failures_path_;
  test::TempDir in_memory_, on_disk_;
  Servers servers_;
};

}  // namespace

std::string reproducing_command(const Options &options, u64 seed) {
  return options.command + " --repeat --kills 2000 --seed " + std::to_string(seed);
}

void work(const Options &options, Tally &tally, WorkerState &state, const std::string &failures_path) {
  Worker worker(options, tally, failures_path);
  while (tally.stop == 0 && worker.kills_left() != 0) {
    const u64 number = tally.next_program++;
    const u64 seed = options.seed + (options.repeat ? 0 : number);
    state.seed = seed;
    worker.run_program(seed);
    if (number % canary_every == 0) worker.run_canary(seed);
  }
  // A short soak may have had bad luck with its canaries.
  for (u64 i = 0; tally.stop == 0 && tally.canary_mixtures == 0 && i < canaries_max; ++i)
    worker.run_canary(options.seed + i);
}

}  // namespace soak
