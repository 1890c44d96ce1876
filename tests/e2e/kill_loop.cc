// kill_loop: runs an example, kills it again and again, and checks what is left each time.
//
//   kill_loop EXAMPLE --examples DIR --snapctl FILE --dir DIR [--kills N] [--seed S] [--words FILE]
//             [--compare | --canary] [--always-snapctl] [--preload LIBRARY] [--may-repair]
//
// --compare  also kills the plain build at the same points, and prints a table of both
// --canary   proves that the checks find damage: fails unless they do
// --always-snapctl  recovers with snapctl each time, not by opening the file every other time
// --preload  kills the plain build under this libsnapshot.so, with page tracking
// The seed is printed with the command that repeats the run. Exit status: 0 every check passed; 1 one failed;
// 2 usage.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <random>

#include "canary.h"
#include "child.h"
#include "kill_rounds.h"

namespace {

using e2e::Verdict;

struct Arguments {
  std::string example, dir;
  e2e::Tools tools;
  int kills = 50;
  std::uint64_t seed = std::random_device{}();
  bool compare = false, canary = false;
};

const char *text_of(bool on_terminal, const char *colour) { return on_terminal ? colour : ""; }

// A line that is overwritten on a terminal, and printed now and then elsewhere.
void show_progress(const Arguments &arguments, int done, const e2e::KillRounds &rounds) {
  bool on_terminal = isatty(STDOUT_FILENO) != 0;
  if (!on_terminal && done % 10 != 0 && done != arguments.kills) return;
  std::printf(
      "%s  kill %d of %d: all files right so far, %llu %s in this one%s", on_terminal ? "\r\033[K" : "", done,
      arguments.kills, static_cast<unsigned long long>(rounds.operations_survived()),
      arguments.example == "kv" ? "words" : "operations", on_terminal && done != arguments.kills ? "" : "\n");
  std::fflush(stdout);
}

void print_row(const char *what, int snapshot, int plain) {
  std::printf("  %-44s %9d %9d\n", what, snapshot, plain);
}

void print_table(const Arguments &arguments, const e2e::Tally &tally, int plain_repaired,
                 int plain_forgetful) {
  auto plain = [&](Verdict::Kind kind) {
    auto found = tally.find(kind);
    return found == tally.end() ? 0 : found->second;
  };
  bool on_terminal = isatty(STDOUT_FILENO) != 0;
  std::printf("\n  %s%-44s %9s %9s%s\n", text_of(on_terminal, "\033[1m"),
              ("after " + std::to_string(arguments.kills) + " kills, the file").c_str(), "snapc++", "c++",
              text_of(on_terminal, "\033[0m"));
  print_row("is exactly as an msync left it", arguments.kills, plain(Verdict::Kind::committed));
  print_row("holds part of a batch", 0, plain(Verdict::Kind::between_commits));
  print_row("is torn: entries missing, maps disagree", 0, plain(Verdict::Kind::damaged));
  print_row("cannot be opened, or crashes the reader", 0, plain(Verdict::Kind::crashed));
  print_row("hangs whoever opens it", 0, plain(Verdict::Kind::hung));
  if (plain_repaired != 0) print_row("and had to be repaired to be opened", 0, plain_repaired);
  if (plain_forgetful != 0) print_row("and lacks what had been reported", 0, plain_forgetful);
}

int run(const Arguments &arguments) {
  e2e::Subject subject(arguments.example, arguments.tools, arguments.seed);
  if (arguments.canary) {
    e2e::prove_that_damage_is_found(subject, arguments.dir, arguments.seed);
    return 0;
  }
  e2e::KillRounds rounds(subject, arguments.tools, arguments.dir, arguments.seed, arguments.kills);
  rounds.run_undisturbed();
  e2e::Tally plain;
  int plain_repaired = 0, plain_forgetful = 0;
  for (int done = 1; done <= arguments.kills; ++done) {
    rounds.kill_snapshot_build();
    if (arguments.compare) {
      const Verdict verdict = rounds.kill_plain_build();
      ++plain[verdict.kind];
      plain_repaired += verdict.repaired ? 1 : 0;
      plain_forgetful += verdict.forgetful ? 1 : 0;
    }
    show_progress(arguments, done, rounds);
  }
  if (arguments.compare) print_table(arguments, plain, plain_repaired, plain_forgetful);
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  Arguments arguments;
  CLI::App app("kills an example again and again, and checks what is left each time");
  app.add_option("example", arguments.example,
                 "array_append, linked_list, btree, kv; kyotocabinet, kyotocabinet_tree; or one of "
                 "tests/real_programs")
      ->required();
  app.add_option("--examples", arguments.tools.examples, "directory of the examples' programs")->required();
  app.add_option("--snapctl", arguments.tools.snapctl, "path of snapctl")->required();
  app.add_flag("--always-snapctl", arguments.tools.always_snapctl,
               "recover with snapctl each time, not by opening the file every other time");
  app.add_option("--dir", arguments.dir, "where to put the data files")->required();
  app.add_option("--words", arguments.tools.words, "word list for kv");
  app.add_option("--preload", arguments.tools.preload,
                 "libsnapshot.so, for the plain build with page tracking");
  app.add_flag("--may-repair", arguments.tools.may_repair,
               "a program may repair its file when it opens it, because a flag of its own says that it must");
  app.add_option("--kills", arguments.kills, "how many")->check(CLI::PositiveNumber);
  app.add_option("--seed", arguments.seed, "where to aim; random if not given");
  app.add_flag("--compare", arguments.compare, "kill the plain build as well, and print a table");
  app.add_flag("--canary", arguments.canary, "prove that the checks find damage");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  e2e::prepare_driver();
  std::string repeat = "SNAPSHOT_MEDIA=" +
                       std::string(getenv("SNAPSHOT_MEDIA") != nullptr ? getenv("SNAPSHOT_MEDIA") : "auto");
  for (int i = 0; i < argc; ++i) repeat += std::string(" ") + argv[i];
  if (app.count("--seed") == 0) repeat += " --seed " + std::to_string(arguments.seed);
  if (!arguments.compare) std::printf("to repeat: %s\n", repeat.c_str());
  std::fflush(stdout);
  try {
    return run(arguments);
  } catch (const std::exception &error) {
    std::fflush(stdout);
    std::fprintf(stderr, "\nFAILED: %s\nto repeat: %s\nSNAPSHOT_E2E_KEEP=1 would keep the files\n",
                 error.what(), repeat.c_str());
    return 1;
  }
}
