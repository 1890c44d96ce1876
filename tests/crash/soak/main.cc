// crash_soak: kills random programs, again and again, and checks every byte of their files.
// scripts/crash-soak builds and starts it; its head says what the options mean.
//
// Exit status: 0 every check passed; 1 one failed, or the canary saw no mixture; 2 usage; 130 interrupted,
// and right so far.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>

#include "progress.h"
#include "report.h"
#include "temp_dir.h"
#include "worker.h"

namespace soak {
namespace {

constexpr unsigned jobs_max = 64;

struct Common {
  Tally tally;
  WorkerState workers[jobs_max];
};

Common *common;

void interrupt(int) { common->tally.stop = 2; }

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Two for each processor: those whose files are on disk mostly wait.
unsigned default_jobs() {
  const long processors = std::clamp(sysconf(_SC_NPROCESSORS_ONLN), 1L, long{jobs_max / 2});
  return 2 * static_cast<unsigned>(processors);
}

pid_t start_worker(const Options &options, unsigned number, const std::string &failures) {
  const pid_t parent = getpid(), pid = fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  try {
    work(options, common->tally, common->workers[number], failures);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "crash_soak: %s\n", error.what());
    _exit(1);
  }
  _exit(0);
}

// A worker that ends in another way than by returning takes its program with it: that is a failure of the
// program.
void note_end(const Options &options, unsigned number, int status, const std::string &failures) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  const u64 seed = common->workers[number].seed.load();
  std::ofstream(failures, std::ios::app)
      << "seed " << seed << ": the check itself ended with wait status " << status
      << "; reproduce: " << reproducing_command(options, seed) << "\n";
  ++common->tally.failures;
  common->tally.stop = 1;
}

void run_workers(const Options &options, const std::string &failures) {
  std::vector<pid_t> workers;
  for (unsigned j = 0; j < options.jobs; ++j) workers.push_back(start_worker(options, j, failures));
  Progress progress(common->tally, options.kills);
  for (std::size_t running = workers.size(); running > 0;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended <= 0) {
      progress.show_and_wait();
      continue;
    }
    for (unsigned j = 0; j < workers.size(); ++j)
      if (workers[j] == ended) note_end(options, j, status, failures);
    --running;
  }
  progress.finish();
}

std::vector<std::string> lines_of(const std::string &path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

int soak(const Options &options) {
  std::filesystem::create_directories(options.report_directory);
  const std::string failures = options.report_directory + "/failures.txt";
  std::filesystem::remove(failures);
  void *memory = mmap(nullptr, sizeof(Common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  common = new (memory) Common;
  struct sigaction action = {};
  action.sa_handler = interrupt;
  action.sa_flags = SA_RESTART;
  (void)sigaction(SIGINT, &action, nullptr);
  (void)sigaction(SIGTERM, &action, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  run_workers(options, failures);
  const Tally &tally = common->tally;
  Result result = {seconds_since(begin), tally.stop == 2, lines_of(failures)};
  const bool blind = !result.interrupted && tally.failures == 0 && tally.canary_mixtures == 0;
  if (blind) result.failures.push_back("the canary saw no mixture: these checks would find nothing");
  std::printf("%s", write_report(options, tally, result).c_str());
  std::printf("Report: %s/report.txt and report.json\n", options.report_directory.c_str());
  return !result.failures.empty() ? 1 : result.interrupted ? 130 : 0;
}

}  // namespace
}  // namespace soak

int main(int argc, char **argv) {
  soak::Options options;
  options.seed = std::random_device()();
  options.jobs = soak::default_jobs();
  CLI::App app(
      "Kills random programs, again and again, and checks every byte "
      "of their files.");
  app.add_option("--kills", options.kills)->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed);
  app.add_option("--jobs", options.jobs)->check(CLI::Range(1u, soak::jobs_max));
  app.add_option("--kills-per-program", options.kills_per_program)->check(CLI::PositiveNumber);
  app.add_flag("--repeat", options.repeat);
  app.add_option("--report", options.report_directory)->required();
  app.add_option("--disk", options.disk_directory)->required()->check(CLI::ExistingDirectory);
  app.add_option("--memory", options.memory_directory)->check(CLI::ExistingDirectory);
  app.add_option("--command", options.command)->required();
  app.add_option("--instrumented", options.programs.instrumented)->required();
  app.add_option("--plain", options.programs.plain)->required();
  app.add_option("--snaprun", options.programs.snaprun)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  std::printf(
      "crash_soak: from seed %llu; reproduce this run: %s --kills %llu "
      "--seed %llu\n",
      static_cast<unsigned long long>(options.seed), options.command.c_str(),
      static_cast<unsigned long long>(options.kills), static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  try {
    return soak::soak(options);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "crash_soak: %s\n", error.what());
    return 1;
  }
}
