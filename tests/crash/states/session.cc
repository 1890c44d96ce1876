#include "session.h"

#include <cinttypes>
#include <cstdio>
#include <exception>

#include "record.h"

namespace states {
namespace {

// As one word for a shell.
std::string quoted(const std::string &text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return all + "'";
}

}  // namespace

Session::Session(const SessionOptions &options) : options_(options), explorer_(options.explorer) {
  explorer_.stop = [this] { return Clock::now() >= deadline_; };
}

void Session::set_deadline(std::chrono::seconds from_now) { deadline_ = Clock::now() + from_now; }

bool Session::is_over() const { return failures_ >= options_.stop_after || Clock::now() >= deadline_; }

void Session::fail(const std::string &why, const std::string &what) {
  ++failures_;
  std::printf("FAILED %s\n  reproduce: crash_states %s\n", why.c_str(), what.c_str());
}

void Session::explore(const std::vector<Event> &events, const std::string &what) {
  if (options_.show) show(events);
  const u64 seed = options_.explorer.effort.seed;
  const std::string &checker = options_.explorer.checker;
  std::string seeded = what + (seed == 1 ? "" : " --seed " + std::to_string(seed));
  // Of the one image, as it may be the checker that rejects it.
  if (!checker.empty()) seeded += " --check " + quoted(checker) + " --check-every 1";
  try {
    for (const Failure &f : explorer_.explore(events)) {
      fail(f.why, seeded + " --fence " + std::to_string(f.point) + " --image " + to_string(f.image));
      if (!options_.show_choices) continue;
      for (const std::string &choice : f.choices) std::printf("    %s\n", choice.c_str());
    }
  } catch (const std::exception &e) {
    fail(e.what(), seeded);
  }
  std::fflush(stdout);
}

void Session::explore(const Sequence &sequence, const std::string &media) {
  const std::string text = to_string(sequence);
  std::string what = "--sequence '" + text + "' --media " + media;
  for (const std::string &setting : options_.settings) what += " --setting " + setting;
  try {
    explore(record_sequence(text, media, options_.settings, options_.keep_trace), what);
  } catch (const std::exception &e) {
    fail(e.what(), what);
  }
}

void Session::expect_canary_to_die(const std::string &media) {
  for (const EventKind kind : {EventKind::fence, EventKind::sync}) try {
      if (kind == EventKind::fence && media != "memory") continue;
      std::vector<Event> events = record_sequence("store,msync,store", media, options_.settings);
      std::erase_if(events, [&](const Event &e) { return e.kind == kind; });
      if (!Explorer(options_.explorer).explore(events).empty()) continue;
      const char *what = kind == EventKind::fence ? "fences" : "syncs";
      fail(std::string("a trace from which all ") + what + " were taken passes", "--media " + media);
    } catch (const std::exception &e) {
      fail(e.what(), "--media " + media);
    }
}

void Session::print_totals(const char *of) const {
  const Totals &t = explorer_.totals();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  std::printf("%s: %" PRIu64 " traces, %" PRIu64 " points (%" PRIu64 " of them exhaustively; %" PRIu64
              " more were like others), %" PRIu64 " images, %" PRIu64
              " more of interrupted recoveries, %" PRIu64 " tried on real files, %" PRIu64
              " by a checker: %" PRIu64 " failures; %.1f s, %.0f images/s; seed %" PRIu64 "\n",
              of, t.traces, t.points, t.points_exhaustive, t.points_seen, t.images, t.nested_images,
              t.real_images, t.checked_images, failures_, seconds,
              static_cast<double>(t.images + t.nested_images) / seconds, options_.explorer.effort.seed);
  std::fflush(stdout);
}

void Session::show(const std::vector<Event> &events) {
  u64 point = 0;
  const auto show_point = [&] { std::printf("---------- --fence %" PRIu64 "\n", point++); };
  for (const Event &e : events) {
    if (is_point_before(e)) show_point();
    std::printf("%s\n", describe(e).c_str());
    if (is_point_after(e)) show_point();
  }
  show_point();
}

}  // namespace states
