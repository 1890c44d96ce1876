// Recovery of one data file by name, for tools: takes the lock, judges, acts, removes the log. Errors go to
// last_error_text() and, unless message_level is off, to standard error.
#pragma once
#include "recovery/recovery.h"

namespace snapshot {

struct FileReport {
  Findings findings;
  LogView log;  // header and records as found; its fd is closed. Zeros when there is no log
};

// What recovery would do with data_path. Changes nothing, and does not keep a program that starts meanwhile
// from its file. EAGAIN: a process is writing it now. Each error has a message (last_error_text()).
Status inspect_file(const char *data_path, FileReport *out);

// Recovers data_path and removes its log. EAGAIN: a process is writing it now. What was done is in *out.
Status recover_file(const char *data_path, FileReport *out, Contention contention = Contention::report);

}  // namespace snapshot
