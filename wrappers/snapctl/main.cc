// snapctl: looks at, recovers and dumps files that programs under Snapshot write, and looks at the programs.
// It needs neither the program that wrote a file nor its libraries: the recovery code is in here.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <string>

#include "base/message.h"
#include "commands.h"
#include "output.h"
#include "snapshot/version.h"

namespace snapctl {
namespace {

constexpr const char *kFooter = R"(Exit codes:
  0  fine: nothing to do, or recovered
  1  usage: the command line is wrong
  2  refused: a log is damaged or belongs to another file, or a name is not a regular file; nothing was changed
  3  busy: a process is writing a file (backup: one that takes no part in it, or another backup)
  4  system: a file cannot be opened, read or written
  5  pending: a file needs recovery (info, recover --dry-run)
  6  partial: a part of a program is not instrumented (check)
  7  stale: a part was instrumented by another version, or with other options (check)
With several files, the worst: 4, then 2, 3, 5, 7, 6, 0.

Examples:
  snapctl info accounts.db                 is it in use, or does it need recovery?
  snapctl recover --dry-run data/*.db      what would recovery do?
  snapctl recover data/*.db                bring every file back to its last commit
  snapctl backup accounts.db copy.db       a copy as of a commit; whoever writes the file goes on
  snapctl dump-log --lines accounts.db     what the log holds, beside what the file holds
  snapctl check ./server                   are all of its parts compiled with snapcc, by this version?

A program that is run under Snapshot recovers its files by itself when it maps them; snapctl recover is for reading
them without it.)";

int usage_error(const CLI::ParseError &error) {
  std::string text = error.what();
  if (const size_t end = text.find('\n'); end != std::string::npos) text.resize(end);
  print_error(text + "; see snapctl --help");
  return static_cast<int>(ExitCode::usage);
}

// A result that could not be written is not a result.
ExitCode finish_output(ExitCode code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  print_error(std::string("standard output: cannot write: ") + snapshot::error_words(errno) +
              "; what was printed is not whole");
  return worse(code, ExitCode::system);
}

int run(int argc, char **argv) {
  CLI::App app("Looks at, recovers and dumps files that programs under Snapshot write.", "snapctl");
  app.set_version_flag("--version", "snapctl " SNAPSHOT_VERSION_STRING, "Print the version and exit");
  app.footer(kFooter);
  app.require_subcommand(1);

  InfoOptions info;
  CLI::App *info_command = app.add_subcommand("info", "Print the state of files and their logs");
  info_command->add_option("FILE", info.files, "Data files")->required();
  info_command->add_flag("--json", info.json, "Print a JSON array, one object for each file");

  RecoverOptions recover;
  CLI::App *recover_command = app.add_subcommand("recover", "Bring files back to their last commit");
  recover_command->add_option("FILE", recover.files, "Data files")->required();
  recover_command->add_flag("--dry-run", recover.dry_run, "Say what would be done, and change nothing");
  recover_command->add_flag("--json", recover.json, "Print a JSON array, one object for each file");

  BackupOptions backup;
  CLI::App *backup_command = app.add_subcommand(
      "backup",
      "Copy a file as of a commit, also while a process writes it; on a terminal, says how far it is");
  backup_command->add_option("FILE", backup.file, "A data file; who writes it goes on")->required();
  backup_command->add_option("DEST", backup.copy, "The copy, which must not exist")->required();

  DumpLogOptions dump;
  CLI::App *dump_command = app.add_subcommand("dump-log", "Print what a log holds");
  dump_command->add_option("FILE", dump.file, "A data file, or its log")->required();
  dump_command->add_flag("--lines", dump.lines, "The log's lines, beside what the data file holds now");
  dump_command->add_flag("--json", dump.json, "Print a JSON object");

  CheckOptions check;
  CLI::App *check_command = app.add_subcommand("check", "Say which parts of programs are instrumented");
  check_command->add_option("PROGRAM", check.programs, "Programs, libraries or object files")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError &error) {
    return usage_error(error);
  }
  // The library's own lines would say "snapshot:"; every command prints them as snapctl's.
  snapshot::message_level = snapshot::Level::off;
  const ExitCode code = info_command->parsed()      ? run_info(info)
                        : recover_command->parsed() ? run_recover(recover)
                        : backup_command->parsed()  ? run_backup(backup)
                        : check_command->parsed()   ? run_check(check)
                                                    : run_dump_log(dump);
  return static_cast<int>(finish_output(code));
}

}  // namespace
}  // namespace snapctl

int main(int argc, char **argv) { return snapctl::run(argc, argv); }
