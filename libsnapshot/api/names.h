// A log is found by the data file's name, so it goes where the name goes: removed with the file, renamed with
// it.
#pragma once
#include "log/sidecar.h"

namespace snapshot {

// A name that the program is about to remove or change, and the log beside it.
struct NameAndLog {
  bool has_log = false;  // and the log is that file's own
  bool last_name = false;
  FileIdentity identity;
};

// Looks before the change. Without a log it costs one system call. An error: it cannot be said whether there
// is a log to go along, so the name must stay.
Status look_at_name(int directory, const char *path, NameAndLog *out);

// After the name is gone: so is what its log could recover, if it was the file's last name. A process that
// still has the file mapped goes on with the log it holds.
void forget_log(int directory, const char *path, const NameAndLog &was);

// After a rename: gives the log the new name, and tells the managed file. Between the two renames a crash
// leaves the file without its log: it then has what the last commit left, unless one was running in another
// thread. Returns 0 or a negative errno: then the log has kept its name.
long move_log(int from_directory, const char *from, int to_directory, const char *to, const NameAndLog &was);

// Says what the user has to do when that is not to be undone.
void say_log_stayed(const char *from, const char *to, long error);

}  // namespace snapshot
