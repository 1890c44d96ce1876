// A run of the user's program that was recorded: the trace, and what it printed, in the directory of an
// attempt.
#pragma once
#include "attempt.h"
#include "simulated_files.h"
#include "trace.h"

namespace crash_test {

// Runs the program once, undisturbed, and leaves the recording in the attempt's directory. false, with a
// complaint: it cannot be recorded, or the checker rejects what it leaves.
bool record(const Options &options, const Attempt &attempt);

class RecordedRun {
 public:
  // The directory of the attempt. Throws std::runtime_error if there is no recording in it.
  explicit RecordedRun(const std::string &root);

  const std::vector<states::Event> &events() const { return events_; }
  u64 commits() const;
  // Whether any file in the program's directory was managed.
  bool has_managed_file() const;
  // Where a file of the trace lies in the program's directory; empty: outside of it.
  std::string place_of(const std::string &name) const;
  // "in commit 3 (of 10)"
  std::string instant_of(u64 point) const;
  u64 points() const;

  // Makes the program's directory in the attempt what it was with these files, and what had been printed.
  void lay_out(Attempt &attempt, const states::SimulatedFiles &files, u64 output_bytes) const;

 private:
  std::string directory_, printed_;
  std::vector<states::Event> events_;
};

}  // namespace crash_test
