// Invariants 1 and 2 on DAX: a machine with (emulated) persistent memory is killed at random instants,
// started again, recovers its file, says what is in it, and goes on.
//
// Claim: the file is at the last commit that had returned, or at the next. Method: scripts/dax-soak. What
// dies is the whole machine: program, kernel, the file system's caches and its journal in memory. What has
// been stored to the persistent memory stays, even if it was never flushed from a processor's cache: the
// emulator has none. One cycle is one start: recovery, check, more commits, the kill.
//
// What is aimed at is drawn from the seed; what is hit depends on the host.
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <sstream>

#include "dax_report.h"
#include "file_states.h"
#include "virtual_machine.h"

using namespace guest;

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

volatile sig_atomic_t interrupted = 0;
constexpr double start_seconds_max = 300;  // an emulated processor on a busy host

// Before anything of ours ran; an emulated kernel on a busy host may despair of its timers.
struct Unstarted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What is aimed at in one cycle.
struct Aim {
  bool by_name, in_recovery;
  std::uint64_t reports, nanoseconds;

  std::string words() const {
    return std::string("recovered by ") + (by_name ? "name" : "opening") + ", killed " +
           (in_recovery ? "" : "after " + std::to_string(8 * reports) + " commits and ") +
           std::to_string(nanoseconds) + " ns" + (in_recovery ? " after recovery was asked for" : "");
  }
};

Aim draw(std::mt19937_64 &random) {
  Aim aim{};
  aim.by_name = random() % 2 == 0;
  aim.in_recovery = random() % 5 == 0;
  aim.reports = random() % 6;
  aim.nanoseconds = random() % (aim.in_recovery ? 400000000 : 20000000);
  return aim;
}

void busy_wait(std::uint64_t nanoseconds) {
  const auto end = Clock::now() + std::chrono::nanoseconds(nanoseconds);
  while (Clock::now() < end) {
  }
}

class Soak {
 public:
  Soak(const MachineFiles &files, std::uint64_t seed, SoakReport *report)
      : files_(files), random_(seed), report_(*report) {}

  void next_cycle() {
    constexpr std::uint64_t cycles_per_file = 10;
    static const char *const names[] = {"little", "many-runs", "grow", "shrink", "much", "close", "resize"};
    if (states_ == nullptr || cycles_of_file_++ == cycles_per_file) {
      const char *workload = names[files_used_ % std::size(names)];
      states_ = std::make_unique<FileStates>(files_used_++, crash::workload_named(workload));
      cycles_of_file_ = 1;
    }
    const Aim aim = draw(random_);
    try {
      run(aim);
      unstarted_in_a_row_ = 0;
    } catch (const Unstarted &unstarted) {
      if (interrupted != 0) return;
      ++report_.unstarted;
      if (++unstarted_in_a_row_ == 5) throw;
      return;
    } catch (const Wrong &wrong) {
      if (interrupted != 0) return;
      report_.failures.push_back({report_.cycles, aim.words(), wrong.what()});
      std::printf("cycle %llu (%s): %s\n", static_cast<unsigned long long>(report_.cycles),
                  aim.words().c_str(), wrong.what());
      states_ = nullptr;  // the next cycle has another file
    }
    ++report_.cycles;
  }

 private:
  void run(const Aim &aim) {
    VirtualMachine machine(files_, "snapshot=run");
    checked_ = false;
    while (true) {
      const auto line = machine.read_line(start_seconds_max);
      if (!line) throw Unstarted("the guest does not start; its kernel's last words: " + last_words());
      if (understand(*line) == "ready") break;
    }
    machine.write_line("begin " + states_->name() + " " + states_->workload().name +
                       (aim.by_name ? " name" : " open"));
    if (aim.in_recovery) {
      ++report_.killed_in_recovery;
      busy_wait(aim.nanoseconds);
    } else {
      listen_for(machine, "state");
      machine.write_line("go " + std::to_string(states_->last()));
      for (std::uint64_t i = 0; i < aim.reports; ++i) listen_for(machine, "c");
      ++report_.killed_while_committing;
      busy_wait(aim.nanoseconds);
    }
    machine.kill_now();
    while (const auto line = machine.read_line(1)) understand(*line);
  }

  void listen_for(VirtualMachine &machine, const std::string &word) {
    for (;;) {
      const auto line = machine.read_line(start_seconds_max);
      if (!line)
        throw Wrong("the guest is silent, or gone, before \"" + word +
                    "\"; its kernel's last words: " + last_words());
      if (understand(*line) == word) return;
    }
  }

  std::string last_words() const {
    std::ifstream console(files_.console);
    std::string all{std::istreambuf_iterator<char>(console), {}};
    std::replace(all.begin(), all.end(), '\n', ' ');
    return all.size() > 1500 ? all.substr(all.size() - 1500) : all;
  }

  // Returns the line's first word.
  std::string understand(const std::string &line) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "c") {
      std::uint64_t k = 0;
      words >> k;
      if (!checked_ || k <= states_->last()) throw Wrong("the guest counts wrong: " + line);
      note_returned(k);
    } else if (first == "state") {
      check_state(words);
    } else if (first == "snapshot:") {
      if (line.find(": medium ") != std::string::npos) {
        if (line.find("medium memory (MAP_SYNC)") == std::string::npos) throw Wrong("no MAP_SYNC: " + line);
        if (!checked_) ++report_.synchronous;
      }
    } else if (first == "guest:") {
      throw Wrong(line);
    } else if (line.find(" is complete") != std::string::npos) {
      ++report_.complete;
    } else if (line.find(" was incomplete") != std::string::npos) {
      ++report_.undone;
    }
    return first;
  }

  void note_returned(std::uint64_t k) {
    if (k > states_->last()) report_.commits += k - states_->last();
    states_->returned(k);
  }

  void check_state(std::istringstream &words) {
    std::string size, hash;
    std::uint64_t returned = 0;
    words >> size >> hash >> returned;
    note_returned(returned);
    ++(states_->at_last("state " + size + " " + hash) ? report_.found_last : report_.found_next);
    checked_ = true;
  }

  MachineFiles files_;
  std::mt19937_64 random_;
  SoakReport &report_;
  std::unique_ptr<FileStates> states_;
  std::uint64_t files_used_ = 0, cycles_of_file_ = 0, unstarted_in_a_row_ = 0;
  bool checked_ = false;
};

// The first start: makes the file system.
void prepare(const MachineFiles &files) {
  std::ofstream(files.memory).close();
  if (truncate(files.memory.c_str(), 128 << 20) != 0) throw std::runtime_error("cannot make " + files.memory);
  VirtualMachine machine(files, "snapshot=prepare");
  while (const auto line = machine.read_line(start_seconds_max))
    if (*line == "guest: prepared") {
      while (machine.read_line(60)) {
      }
      return;
    }
  throw std::runtime_error("the guest cannot make its file system; see " + files.console);
}

std::string first_line(const std::string &path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

void show_progress(const SoakReport &r) {
  const double each = r.seconds / static_cast<double>(r.cycles);
  std::printf("%llu of %llu cycles, %.1f s each, %.0f s left, %llu commits, %zu failures\n",
              static_cast<unsigned long long>(r.cycles), static_cast<unsigned long long>(r.wanted), each,
              each * static_cast<double>(r.wanted - std::min(r.cycles, r.wanted)),
              static_cast<unsigned long long>(r.commits), r.failures.size());
  std::fflush(stdout);
}

int run(const std::string &directory, const std::string &scratch, const std::string &reports,
        SoakReport report) {
  utsname host;
  uname(&host);
  report.host_kernel = std::string(host.sysname) + " " + host.release;
  report.guest_kernel = first_line(directory + "/kernel-release");
  const std::time_t now = std::time(nullptr);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  report.date = date;
  MachineFiles files{directory + "/vmlinux", directory + "/prepare.cpio", scratch + "/memory",
                     scratch + "/console"};
  prepare(files);
  files.initial_disk = directory + "/guest.cpio";
  const auto begin = Clock::now();
  Soak soak(files, report.seed, &report);
  while (report.cycles < report.wanted && interrupted == 0) {
    soak.next_cycle();
    report.seconds = seconds_since(begin);
    if (report.cycles > 0) show_progress(report);
  }
  std::cout << as_text(report) << std::flush;
  if (!reports.empty()) {
    std::ofstream(reports + "/dax-soak.txt") << as_text(report);
    std::ofstream(reports + "/dax-soak.json") << as_json(report);
  }
  return report.passed() ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv) {
  SoakReport report;
  report.wanted = 100;
  report.seed = std::random_device()();
  std::string directory, scratch, reports;
  CLI::App app(
      "Kills virtual machines whose programs commit to emulated persistent memory, and checks their files.");
  app.add_option("--guest", directory, "what make_guest has made")->required()->check(CLI::ExistingDirectory);
  app.add_option("--scratch", scratch, "where the emulated memory is kept")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--cycles", report.wanted, "so many kills")->check(CLI::PositiveNumber);
  app.add_option("--seed", report.seed, "of what is aimed at");
  app.add_option("--report", reports, "write dax-soak.txt and dax-soak.json there")
      ->check(CLI::ExistingDirectory);
  app.add_option("--emulator", report.emulator, "its version, for the report");
  CLI11_PARSE(app, argc, argv);
  struct sigaction stop = {};
  stop.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &stop, nullptr);
  sigaction(SIGTERM, &stop, nullptr);
  signal(SIGPIPE, SIG_IGN);
  try {
    return run(directory, scratch, reports, report);
  } catch (const std::exception &e) {
    std::cerr << "dax_soak: error: " << e.what() << "\n";
    return 3;
  }
}
