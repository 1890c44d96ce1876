// What a run of power cuts has shown: for people, and as JSON.
#pragma once
#include <string>
#include <vector>

#include "series.h"

namespace power {

struct DiskReport {
  const DiskKind *kind;
  Tally tally;
  std::uint64_t series = 0;
};

struct CanaryReport {
  std::string name, disk;
  std::uint64_t tries;
  bool noticed;
};

struct RunReport {
  std::string date, kernel;
  std::uint64_t first_seed = 0, last_seed = 0;
  std::size_t cuts_per_series = 0;
  bool eager_writeback = false;
  double seconds = 0;
  std::vector<DiskReport> disks;
  std::vector<CanaryReport> canaries;
  std::vector<std::string> skipped;  // with the reason
  std::vector<Failure> failures;

  std::uint64_t cuts() const;
  bool passed() const;
};

std::string date_now();
std::string kernel_release();
std::string command_for(const RunReport &report, const Failure &failure);
std::string as_text(const RunReport &report);
std::string as_json(const RunReport &report);

}  // namespace power
