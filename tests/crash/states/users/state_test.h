// The crash test of a user's program by explored crash states: one run is recorded, what a crash may leave at
// each of its fences and syncs is recovered, and the user's checker judges each state that this comes to,
// once.
#pragma once
#include <optional>
#include <unordered_set>

#include "explorer.h"
#include "recorded_run.h"

namespace crash_test {

class StateTest {
 public:
  // Throws UsageError if the image has no such name.
  explicit StateTest(const Options &options);
  Outcome run();

 private:
  states::ExplorerOptions effort() const;
  states::Complaint judge(const states::Recovered &image);
  u64 hash(const states::Recovered &image) const;
  void print_totals(const states::Totals &totals) const;

  const Options options_;
  std::optional<u64> only_point_;
  states::ImagePath only_image_;
  std::optional<Attempt> attempt_;  // holds one image after the other
  std::optional<RecordedRun> run_;
  std::unordered_set<u64> judged_;  // hashes of states
};

}  // namespace crash_test
