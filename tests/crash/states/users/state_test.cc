#include "state_test.h"

#include <fmt/core.h>

#include "base/message.h"
#include "command_line.h"
#include "replay.h"
#include "report.h"

namespace crash_test {

using states::Complaint;
using states::Recovered;
using states::SimulatedFiles;

StateTest::StateTest(const Options &options) : options_(options) {
  if (options.image.empty()) return;
  std::size_t digits = 0;
  if (options.image[0] >= '0' && options.image[0] <= '9') only_point_ = std::stoull(options.image, &digits);
  if (!only_point_ || digits >= options.image.size() || options.image[digits] != '/' ||
      !parse(options.image.substr(digits + 1), &only_image_))
    throw UsageError("--image " + options.image + ": not the name of an image");
}

// As many images of each point as there is room for; where even few of each are too many, of some points.
states::ExplorerOptions StateTest::effort() const {
  constexpr u64 few = 20;
  const u64 points = run_->points();
  const u64 images = std::max(few, options_.images / points);
  states::ExplorerOptions options;
  options.points_every = (points * images + options_.images - 1) / options_.images;
  options.effort = {images, images / 5, options_.seed};  // samples: there are five kinds
  options.nested_depth = 0;
  options.real_every = 0;
  options.failures_max = 1;
  return options;
}

// Of the program's files, and of what it had printed.
u64 StateTest::hash(const Recovered &image) const {
  u64 hash = states::mix(image.output_bytes);
  for (states::u32 i = 0; i < image.files.name_count(); ++i) {
    const states::u32 file = image.files.named(i);
    if (file == SimulatedFiles::none || run_->place_of(image.files.name(i)).empty()) continue;
    const auto &bytes = image.files[file].bytes;
    hash = states::mix_whole(states::mix(hash, i), bytes.data(), bytes.size());
  }
  return hash;
}

Complaint StateTest::judge(const Recovered &image) {
  throw_if_interrupted();
  if (!image.complaint && !judged_.insert(hash(image)).second) return {};
  run_->lay_out(*attempt_, image.files, image.output_bytes);
  if (image.complaint) return image.complaint;
  const Ended checker = attempt_->run_checker();
  if (checker.status == 0) return {};
  return fmt::format("the checker rejects the recovered files, with exit status {}", checker.status);
}

void StateTest::print_totals(const states::Totals &totals) const {
  if (only_point_)
    fmt::print("image {}, {}: the checker accepts the recovered files\n", options_.image,
               run_->instant_of(*only_point_));
  else
    fmt::print(
        "{} crash images of {} instants (of {} all that there are) recover to {} different states: the "
        "checker accepts each\n",
        totals.images, totals.points, totals.points_exhaustive, judged_.size());
}

Outcome StateTest::run() {
  snapshot::message_level = snapshot::Level::off;
  attempt_.emplace(options_);
  const bool is_recorded = !options_.recorded.empty();
  if (!is_recorded && !record(options_, *attempt_)) return Outcome::impossible;
  const std::string root = is_recorded ? options_.recorded : attempt_->root();
  run_.emplace(root);
  if (!run_->has_managed_file()) {
    complain(
        "the recorded run has no managed file in the program's directory, so nothing was tested; does it map "
        "its files there, and do SNAPSHOT_FILES and SNAPSHOT_IGNORE select them?");
    return Outcome::impossible;
  }
  if (!is_recorded)
    fmt::print("recorded: {} commits, {} instants; now about {} crash images from seed {}\n", run_->commits(),
               run_->points(), options_.images, options_.seed);
  std::fflush(stdout);

  states::ExplorerOptions options = effort();
  options.only_point = only_point_;
  options.only_image = only_image_;
  options.verdict = [this](const Recovered &image) { return judge(image); };
  states::Explorer explorer(options);
  const auto failures = explorer.explore(without_expectations(run_->events()));
  if (explorer.totals().images == 0) {
    complain("of so few images none was chosen, so nothing was tested; ask for more with --images");
    return Outcome::impossible;
  }
  if (failures.empty()) return print_totals(explorer.totals()), Outcome::passed;
  const states::Failure &failure = failures.front();
  const std::string image = fmt::format("{}/{}", failure.point, to_string(failure.image));
  report(options_, *attempt_,
         fmt::format("image {}: crash {}: {}", image, run_->instant_of(failure.point), failure.why),
         {"--seed", std::to_string(options_.seed), "--states", "--recorded", root, "--image", image});
  return Outcome::failed;
}

}  // namespace crash_test
