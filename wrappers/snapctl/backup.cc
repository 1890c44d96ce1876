// snapctl backup: a copy of one file as of a commit; the file and its log are left alone, and a process that
// writes it goes on.
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "commands.h"
#include "file_state.h"

namespace snapctl {
namespace {

volatile std::sig_atomic_t interrupted = 0;  // the signal

// An interruption is no reason to leave a journal, or a log, beside the file.
void note_interruptions() {
  struct sigaction action = {};
  action.sa_handler = [](int signal) { interrupted = signal; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now;
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      (void)sigaction(signal, &action, nullptr);
  }
}

bool on_terminal = false;
uint64_t shown = ~uint64_t{0};  // MiB

bool show_progress(uint64_t done, uint64_t size) {
  if (on_terminal && done >> 20 != shown) {
    shown = done >> 20;
    fmt::print(stderr, "\r{} of {} MiB", shown, size >> 20);
    std::fflush(stderr);
  }
  return interrupted == 0;
}

}  // namespace

ExitCode run_backup(const BackupOptions &options) {
  snapshot::FileReport report{};
  note_interruptions();
  on_terminal = isatty(2) != 0;
  const snapshot::Status outcome =
      snapshot::back_up_file(options.file.c_str(), options.copy.c_str(), show_progress, &report);
  if (shown != ~uint64_t{0}) fmt::print(stderr, "\n");
  if (outcome.ok()) {
    fmt::print("{}: copied to {}, {} bytes\n", one_line(options.file), one_line(options.copy),
               report.findings.size_recovered);
    return ExitCode::fine;
  }
  print_error(snapshot::last_error_text());
  if (outcome.error == EINTR && interrupted != 0) {
    (void)std::signal(interrupted, SIG_DFL);
    (void)std::raise(interrupted);
  }
  return exit_code_for(outcome.error);
}

}  // namespace snapctl
