// snapctl dump-log: what a log holds, for whoever wants to know why recovery says what it says. Changes
// nothing.
#include "commands.h"
#include "log_dump.h"

namespace snapctl {

ExitCode run_dump_log(const DumpLogOptions &options) {
  LogDump dump;
  if (!open_log(options.file, &dump)) return exit_code_for(dump.error);
  if (options.json)
    print_json(log_json(&dump, options.lines));
  else
    print_log_text(&dump, options.lines);
  return exit_code_for(dump.error);
}

}  // namespace snapctl
