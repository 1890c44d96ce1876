// snapctl backup: a copy of one file as of its last commit; the file and its log are left alone.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "commands.h"
#include "file_state.h"

namespace snapctl {
namespace {

void show_progress(uint64_t done, uint64_t size) {
  fmt::print(stderr, "\r{} of {} MiB{}", done >> 20, size >> 20, done == size ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace

ExitCode run_backup(const BackupOptions &options) {
  snapshot::FileReport report{};
  const snapshot::Status outcome = snapshot::back_up_file(options.file.c_str(), options.copy.c_str(),
                                                          isatty(2) ? show_progress : nullptr, &report);
  if (outcome.ok()) {
    fmt::print("{}: copied to {}, {} bytes\n", one_line(options.file), one_line(options.copy),
               report.findings.size_recovered);
    return ExitCode::fine;
  }
  print_error(snapshot::last_error_text());
  return exit_code_for(outcome.error);
}

}  // namespace snapctl
