// Explores the crash states of a trace: at each point where something becomes durable or a commit begins or
// has returned, builds images of what a crash may leave (crash_model.h, images.h), runs the real recovery
// code on each, and compares with what may be there (oracle.h). On some it also crashes recovery, and the
// recovery after that, at each of their own points.
#pragma once
#include <functional>
#include <optional>
#include <unordered_set>

#include "images.h"
#include "judge.h"
#include "replay.h"

namespace states {

// What recovery has made of an image, for another verdict than the oracle's.
struct Recovered {
  const SimulatedFiles &files;
  u64 output_bytes;            // the program had printed
  const Complaint &complaint;  // of recovery itself
};

struct ExplorerOptions {
  Effort effort;
  Effort nested{64, 6, 1};  // in recovery
  u64 nested_depth = 2;     // how often a recovery is interrupted in a row
  u64 nested_every = 16;  // recovery of one image in so many is interrupted; more where there are few images
  u64 real_every = 8192;  // one image in so many is tried on real files, and one of each point; 0: none
  u64 check_every = 0;    // one image in so many is given to the checker; 0: none
  std::string checker;    // a shell command; {} stands for the recovered file
  u64 failures_max = 3;   // per trace
  u64 work_max =
      0;  // of one point, by its recoveries (SimulatedKernel::work): sampled beyond it; 0: no limit
  u64 points_every = 1;  // one point in so many
  // If set, says what is wrong with an image, and recovery is not tried a second time.
  std::function<Complaint(const Recovered &)> verdict;
  std::optional<u64> only_point;
  ImagePath only_image;  // for only_point; empty: all
};

struct Failure {
  u64 point;
  ImagePath image;
  std::string why;
  std::vector<std::string> choices;  // what was done and what was not, from outside in
};

// Where the points of a trace are: before such an event, after such an event, and at the end.
bool is_point_before(const Event &event);
bool is_point_after(const Event &event);

struct Totals {
  u64 traces = 0, points = 0, points_seen = 0, points_exhaustive = 0;
  u64 images = 0, nested_images = 0, real_images = 0, checked_images = 0, failures = 0;
};

class Explorer {
 public:
  explicit Explorer(const ExplorerOptions &options) : options_(options) {}

  // Throws std::runtime_error if the trace is not what it should be.
  std::vector<Failure> explore(const std::vector<Event> &events);
  const Totals &totals() const { return totals_; }
  // Asked between two images: whether to stop. May be empty.
  std::function<bool()> stop;

 private:
  class Run;
  ExplorerOptions options_;
  Totals totals_;
  RealFiles real_;
  std::unordered_set<u64> seen_;
};

}  // namespace states
