// Runs a series: program, power cut, reboot, recovery, and the comparison with what must be there.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "plan.h"

namespace power {

// Of one kind of disk.
struct Tally {
  std::uint64_t cuts = 0, at_actions = 0, at_instants = 0, in_recovery = 0, after_recovery = 0;
  std::uint64_t commits = 0;  // that had returned, and are there
  std::uint64_t repairs = 0;  // file systems that the kernel could not mount before e2fsck had seen them
  // Told to have returned 0 only after the cut had begun, and not there: the kernel's word, not the library's
  // (a sync that the shutdown meets half-way can succeed). With its power the program would have gone.
  std::uint64_t returned_during_cut_and_lost = 0;
  std::uint64_t found_last = 0, found_next = 0;   // the last commit that returned; the one being made
  std::map<std::string, std::uint64_t> verdicts;  // of recovery
  std::map<std::string, std::uint64_t> errors;    // that the program got after the cut
  std::uint64_t bus_errors_of_the_program = 0;    // it touched a page that had to be read from the disk
};

struct Failure {
  std::uint64_t seed, cut;
  std::string disk, workload, what, how;
};

// Until the first failure. keep: a directory for the files as they were before recovery, if not empty.
std::optional<Failure> run_series(const Series &series, Tally *tally, const std::string &keep);

}  // namespace power
