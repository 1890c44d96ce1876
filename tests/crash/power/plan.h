// What is drawn from a seed: a series of power cuts of one file on one disk.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "loop_disk.h"
#include "workload.h"

namespace power {

// Before a program's action by its number, with what of the pages of data and log has just been written back.
struct AtAction {
  std::uint64_t action;
  const char *data, *log;  // none, some, all
  std::string words() const;
};

struct Cut {
  bool at_action;
  AtAction action;            // either this
  std::uint64_t commits;      // or at an instant: after so many commits have returned
  std::uint64_t nanoseconds;  // and so much time has passed
  bool written_back;          // by another process, meanwhile
  bool by_opening;            // the file is recovered by mapping it, otherwise by its name
  std::vector<AtAction> in_recovery;
  bool after_recovery;
  const char *protocol = "auto";         // of the program
  const char *opened_protocol = "auto";  // of whoever recovers the file by mapping it
  std::string words() const;
};

struct Series {
  std::uint64_t seed;
  const DiskKind *disk;
  const crash::Workload *workload;
  const char *media, *copy;
  std::vector<Cut> cuts;
  // For canaries: what makes the program, or its recovery, wrong.
  std::vector<std::string> subject_environment, recovery_environment;
};

// disk: which of the given ones depends on the seed, unless there is one only.
Series series_of(std::uint64_t seed, const std::vector<const DiskKind *> &disks, std::size_t cuts);

// A way to be wrong that the cuts must notice.
struct Canary {
  const char *name;
  std::vector<std::string> subject_environment, recovery_environment;
  const char *data, *log;  // of AtAction
  bool needs_writeback;    // without a sync: there is none where data goes through the journal
};
extern const std::vector<Canary> canaries;
Series series_of(const Canary &canary, std::uint64_t seed, const DiskKind &disk);

}  // namespace power
