#include "explorer.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace states {

bool is_point_before(const Event &e) {
  return e.kind == EventKind::fence || e.kind == EventKind::sync || e.kind == EventKind::sync_failed ||
         e.kind == EventKind::sync_directory || e.kind == EventKind::begins;
}

bool is_point_after(const Event &e) { return e.kind == EventKind::returned; }

namespace {

// Recovery asks the environment at each of its steps whether to die there (base/step.h). With an empty one
// that costs nothing; it took two thirds of the time.
class EmptyEnvironment {
 public:
  EmptyEnvironment() : before_(environ) { environ = none_; }
  ~EmptyEnvironment() { environ = before_; }
  EmptyEnvironment(const EmptyEnvironment &) = delete;
  EmptyEnvironment &operator=(const EmptyEnvironment &) = delete;
  char **before() const { return before_; }

 private:
  char **before_;
  char *none_[1] = {nullptr};
};

}  // namespace

// One trace.
class Explorer::Run {
 public:
  Run(Explorer &explorer, const std::vector<Event> &events)
      : options_(explorer.options_), explorer_(explorer), events_(events), kernel_(files_), model_(files_) {}

  std::vector<Failure> explore() {
    for (const Event &e : events_) {
      if (is_point_before(e)) visit_point();
      model_.apply(e);
      files_.forget_journal();
      replay_.apply(e);
      oracle_.apply(e);
      // For the oracle, what was printed makes no difference.
      if (e.kind == EventKind::output && options_.verdict) output_bytes_ = e.count;
      if (is_point_after(e)) visit_point();
      if (stop()) break;
    }
    if (!stop()) visit_point();
    return std::move(failures_);
  }

 private:
  bool stop() const {
    return failures_.size() >= options_.failures_max || (explorer_.stop && explorer_.stop());
  }
  Totals &totals() { return explorer_.totals_; }

  void visit_point();
  void visit_images(const CrashModel &model, const std::vector<Choice> &choices, u64 point);
  void visit_image(bool few);
  void visit_recovery(const std::vector<Event> &events);
  Complaint recover(bool for_real);
  Complaint run_checker();
  template <typename Action>
  Complaint in_environment(Action action);
  void fail(const std::string &why);
  Effort effort(u64 depth) const;
  // Every image's where there are few, but for long recoveries: interrupting those takes as long as all the
  // others.
  u64 nested_every(bool few) const {
    if (options_.work_max == 0) return few ? 1 : options_.nested_every;
    return few ? 1 + cost_ / 256 : options_.nested_every * (1 + cost_ / 100);
  }
  bool one_in(u64 every) { return every != 0 && mix(options_.effort.seed, counter_) % every == 0; }

  const EmptyEnvironment environment_;
  const ExplorerOptions &options_;
  Explorer &explorer_;
  const std::vector<Event> &events_;
  SimulatedFiles files_;
  SimulatedKernel kernel_;
  CrashModel model_;
  Oracle oracle_;
  Replay replay_;
  Judge judge_{files_, kernel_};
  ImagePath path_;
  std::vector<std::pair<const std::vector<Choice> *, const std::vector<u32> *>> open_;  // as path_
  std::vector<Failure> failures_;
  u64 point_ = 0, counter_ = 0, output_bytes_ = 0;
  u64 cost_ = 0;  // work of the last recovery
  bool first_of_point_ = false;
};

void Explorer::Run::visit_point() {
  const u64 number = point_++;
  if (options_.only_point && *options_.only_point != number) return;
  if (!options_.only_point && mix(options_.effort.seed, number) % options_.points_every != 0) return;
  judge_.follow(oracle_);
  const std::vector<Choice> choices = model_.choices();
  const u64 hash = mix(mix(model_.hash(choices), oracle_.hash()), output_bytes_);
  if (!options_.only_point && !explorer_.seen_.insert(hash).second) {
    ++totals().points_seen;
    return;
  }
  ++totals().points;
  first_of_point_ = true;
  path_.clear();
  visit_images(model_, choices, number);
}

// A recovery of thousands of lines takes as long as hundreds of a few.
Effort Explorer::Run::effort(u64 depth) const {
  Effort effort = depth == 0 ? options_.effort : options_.nested;
  const u64 images = options_.work_max / std::max<u64>(cost_, 1);
  if (depth != 0 || options_.work_max == 0 || images >= effort.exhaustive_max) return effort;
  effort.exhaustive_max = images;
  effort.samples = std::clamp<u64>(images / 5, 8, effort.samples);
  return effort;
}

void Explorer::Run::visit_images(const CrashModel &model, const std::vector<Choice> &choices, u64 point) {
  const u64 depth = path_.size();
  const Effort effort = this->effort(depth);
  bool exhaustive = false;
  std::vector<ImageName> images;
  const bool chosen = depth < options_.only_image.size();
  if (chosen && depth > 0 && options_.only_image[depth].point != point) return;
  if (chosen)
    images = {options_.only_image[depth].image};
  else
    images = images_of(choices, effort, &exhaustive);
  if (depth == 0 && exhaustive) ++totals().points_exhaustive;
  std::vector<u32> options;
  path_.push_back({point, {}});
  open_.emplace_back();
  for (const ImageName &image : images) {
    path_.back().image = image;
    options_of(choices, image, effort.seed, &options);
    open_.back() = {&choices, &options};
    const SimulatedFiles::Mark mark = files_.mark();
    model.build(choices, options);
    visit_image(exhaustive && images.size() <= 512);
    files_.back_to(mark);
    if (stop()) break;
  }
  path_.pop_back();
  open_.pop_back();
}

// The files are what the crash has left; few: there are few such images.
void Explorer::Run::visit_image(bool few) {
  const u64 depth = path_.size();
  ++counter_;
  ++(depth == 1 ? totals().images : totals().nested_images);
  const bool asked = depth < options_.only_image.size();
  const bool all = options_.only_image.empty();
  const bool interrupt =
      asked || (all && depth <= options_.nested_depth && one_in(nested_every(few && depth == 1)));
  const bool real =
      options_.real_every != 0 && (std::exchange(first_of_point_, false) || one_in(options_.real_every));
  if (real) explorer_.real_.put(files_);
  std::vector<Event> recovery;
  kernel_.record_to(interrupt ? &recovery : nullptr);
  const SimulatedFiles::Mark mark = files_.mark();
  const u64 work = kernel_.work();
  const Complaint complaint = recover(real);
  cost_ = kernel_.work() - work;
  kernel_.record_to(nullptr);
  if (complaint) return fail(*complaint);
  if (!interrupt) return;
  files_.back_to(mark);
  visit_recovery(recovery);
}

Complaint Explorer::Run::recover(bool for_real) {
  Complaint complaint = judge_.recover();
  if (options_.verdict)
    return in_environment([&] { return options_.verdict({files_, output_bytes_, complaint}); });
  if (!complaint) complaint = judge_.recover_again();
  if (!complaint && for_real) {
    ++totals().real_images;
    complaint = judge_.recover_for_real(explorer_.real_);
  }
  if (!complaint && one_in(options_.check_every)) complaint = run_checker();
  return complaint;
}

// What starts programs gets the environment that is hidden from recovery.
template <typename Action>
Complaint Explorer::Run::in_environment(Action action) {
  char **const none = std::exchange(environ, environment_.before());
  Complaint complaint = action();
  environ = none;
  return complaint;
}

Complaint Explorer::Run::run_checker() {
  ++totals().checked_images;
  return in_environment([&] { return judge_.run_checker(explorer_.real_, options_.checker); });
}

void Explorer::Run::visit_recovery(const std::vector<Event> &events) {
  CrashModel model(files_);
  u64 point = 0;
  const auto visit = [&] {
    if (const std::vector<Choice> choices = model.choices(); !choices.empty())
      visit_images(model, choices, point);
    ++point;
  };
  for (const Event &e : events) {
    if (is_point_before(e)) visit();
    model.apply(e);
    if (stop()) return;
  }
  visit();
}

void Explorer::Run::fail(const std::string &why) {
  ++totals().failures;
  Failure failure{path_.front().point, path_, why, {}};
  for (const auto &[choices, options] : open_)
    for (std::size_t i = 0; i < choices->size(); ++i)
      failure.choices.push_back(describe((*choices)[i], (*options)[i]));
  failures_.push_back(std::move(failure));
}

std::vector<Failure> Explorer::explore(const std::vector<Event> &events) {
  ++totals_.traces;
  return Run(*this, events).explore();
}

}  // namespace states
