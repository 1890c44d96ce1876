// Explores every crash state of test programs, or of a recorded trace; see crash_model.h for what a crash may
// leave, and --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>

#include "base/message.h"
#include "record.h"
#include "session.h"

namespace {

using namespace states;

struct Arguments {
  std::string sequence, media, image, trace, data;
  u64 point = 0, seconds = 10, length = 3;
  bool all = false, list = false;
  CLI::Option *has_point = nullptr, *has_sequence = nullptr, *has_work_max = nullptr;
  SessionOptions session;
};

void print_operations() {
  std::puts("operations, for --sequence (* part of every combination):");
  for (const Operation &o : operations()) std::printf("  %c %-13s %s\n", o.basic ? '*' : ' ', o.name, o.what);
  std::puts("chosen sequences, explored besides the combinations:");
  for (const Sequence &s : special_sequences()) std::printf("    %s\n", to_string(s).c_str());
}

std::vector<std::string> media_of(const Arguments &a) {
  return a.media.empty() ? std::vector<std::string>{"memory", "page-cache"}
                         : std::vector<std::string>{a.media};
}

// The n-th of the longest sequences: all of them, one after the other, or any of them, as the seed says.
Sequence long_sequence(const Arguments &a, u64 n) {
  const std::vector<Sequence> single = combinations(1);
  Sequence sequence;
  u64 digits = a.all ? n : mix(a.session.explorer.effort.seed, n);
  for (u64 i = 0; i < a.length; ++i, digits = a.all ? digits / single.size() : mix(digits))
    sequence.push_back(single[digits % single.size()].front());
  return sequence;
}

u64 long_sequence_count(const Arguments &a) {
  u64 count = 1;
  for (u64 i = 0; i < a.length; ++i) count *= combinations(1).size();
  return count;
}

void explore_sequences(const Arguments &a, Session &session) {
  u64 done = 0;
  const auto explore = [&](const Sequence &s) {
    for (const std::string &media : media_of(a))
      if (!session.is_over()) session.explore(s, media);
    if (a.all && ++done % 100 == 0) session.print_totals("so far");
  };
  for (const std::string &media : media_of(a)) session.expect_canary_to_die(media);
  for (const Sequence &s : special_sequences()) explore(s);
  for (unsigned length = 0; length < std::min<u64>(a.length, 3); ++length)
    for (const Sequence &s : combinations(length)) explore(s);
  session.print_totals("chosen and shorter sequences");
  if (!a.all) session.set_deadline(std::chrono::seconds(a.seconds));
  const u64 count = long_sequence_count(a);
  for (u64 n = 0; n < count && !session.is_over(); ++n) explore(long_sequence(a, n));
}

void explore_trace(const Arguments &a, Session &session) {
  const std::vector<Event> events = read_trace(a.trace);
  if (!a.data.empty()) require_complete(events, a.data);
  session.explore(with_expectations(events), "--trace " + a.trace);
}

int run(const Arguments &a) {
  if (a.list) return print_operations(), 0;
  Session session(a.session);
  if (!a.trace.empty())
    explore_trace(a, session);
  else if (*a.has_sequence)
    for (const std::string &media : media_of(a)) session.explore(parse_sequence(a.sequence), media);
  else
    explore_sequences(a, session);
  session.print_totals("total");
  return session.failures() == 0 ? 0 : 1;
}

void define_options(CLI::App &app, Arguments &a) {
  SessionOptions &s = a.session;
  ExplorerOptions &e = s.explorer;
  a.has_sequence = app.add_option("--sequence", a.sequence,
                                  "explore this sequence alone: operations with commas between them");
  app.add_option("--media", a.media, "memory or page-cache; both if not given")
      ->check(CLI::IsMember({"memory", "page-cache"}));
  a.has_point = app.add_option("--fence", a.point, "only this point of the trace");
  app.add_option("--image", a.image, "only this image of the point; says what it is made of")
      ->needs(a.has_point);
  app.add_option("--seed", e.effort.seed, "of everything that is sampled");
  app.add_flag("--all", a.all, "all sequences, however long it takes");
  app.add_option("--length", a.length,
                 "of the longest combinations (default 3); shorter ones are explored up to 2");
  app.add_option("--seconds", a.seconds, "for the longest combinations, without --all (default 10)");
  app.add_option("--exhaustive", e.effort.exhaustive_max,
                 "so many combinations of pending words are all explored");
  app.add_option("--samples", e.effort.samples, "of each kind, where there are more combinations");
  a.has_work_max = app.add_option("--work-max", e.work_max,
                                  "sample a point whose recoveries make more system calls and write more "
                                  "lines; 0: never (default 500000, "
                                  "with --all or --fence 0)");
  app.add_option("--nested-every", e.nested_every, "interrupt the recovery of one image in so many");
  app.add_option("--real-every", e.real_every, "try one image in so many on real files, too; 0: none");
  app.add_option("--setting", s.settings,
                 "NAME=value in the environment of the programs, e.g. SNAPSHOT_COPY=lazy");
  app.add_option("--stop-after", s.stop_after, "so many failures (default 20)");
  app.add_option("--trace", a.trace, "explore a trace that was recorded with SNAPSHOT_TEST_RECORD");
  app.add_option("--data", a.data,
                 "the file as the recorded program left it: the trace must come to the same");
  app.add_option("--check", e.checker, "a command that must succeed on recovered files, {} being the file");
  app.add_option("--check-every", e.check_every, "run it for one image in so many (default 500)");
  app.add_option("--keep-trace", s.keep_trace, "where to leave the trace of --sequence");
  app.add_flag("--show", s.show, "print the events of the trace, and the numbers for --fence");
  app.add_flag("--list", a.list, "print the operations and the chosen sequences");
}

void complete(Arguments &a) {
  ExplorerOptions &e = a.session.explorer;
  if (*a.has_point) e.only_point = a.point;
  if (!*a.has_work_max && !a.all && !*a.has_point) e.work_max = 500'000;
  if (!a.image.empty() && !parse(a.image, &e.only_image))
    throw std::runtime_error(a.image + ": not the name of an image");
  a.session.show_choices = !a.image.empty();
  if (!e.checker.empty() && e.check_every == 0) e.check_every = 500;
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app(
      "Explores every crash state: each subset of what is not durable, at each fence and sync, is recovered "
      "and "
      "compared with the commits.\nExit status: 0 all is well; 1 a state is wrong; 2 usage or environment.",
      "crash_states");
  Arguments a;
  define_options(app, a);
  try {
    app.parse(argc, argv);
    complete(a);
    snapshot::message_level = snapshot::Level::off;
    return run(a);
  } catch (const CLI::ParseError &e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception &e) {
    return std::fprintf(stderr, "crash_states: %s\n", e.what()), 2;
  }
}
