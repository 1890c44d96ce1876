// The exit codes of snapctl, the same for every subcommand.
#pragma once

namespace snapctl {

enum class ExitCode {
  fine = 0,     // nothing to do, or done
  usage = 1,    // the command line is wrong; nothing was looked at
  refused = 2,  // a log is damaged, foreign or no log at all: nothing was changed
  busy = 3,     // a process is writing a file
  system = 4,   // a file cannot be opened, read or written; or the output cannot
  pending = 5,  // info, recover --dry-run: a file needs recovery
  partial = 6,  // check: a part of a program is not instrumented
  stale = 7,    // check: a part was instrumented by another version of the pass, or with other options
};

// The code for an errno of the library.
ExitCode exit_code_for(int error);

// For several files: the worse of the two, in the order system, refused, busy, pending, stale, partial, fine.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace snapctl
