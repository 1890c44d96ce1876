// Brings a data file back to a commit boundary after its process died, from the log beside it.
//
// Needs no mapping, no pass, and nothing of the program: the opening process and snapctl use the same
// functions. All reads and writes of the data file go through its descriptor. Recovery is idempotent: it
// changes nothing in the log until the data file is right and synced, so a crash at any point, at any depth,
// means starting again.
#pragma once
#include "log/log_reader.h"

namespace snapshot {

enum class Verdict {
  no_log,    // nothing to do: the file was closed cleanly, or was never managed
  retired,   // closed cleanly, only the log's name was left over
  complete,  // the newest commit is all there, in the file or in the log (or there never was one)
  undo,      // the newest commit is not all there: its old lines are put back
};

struct Findings {
  Verdict verdict = Verdict::no_log;
  u64 sequence = 0;        // of the newest whole record; 0: none
  unsigned area = 0;       // where that record is
  u64 redo = 0;            // how many records have new lines to be written; that one is the last of them
  u64 lines = 0;           // that the newest record covers
  u64 size_now = 0;        // bytes; the data file's
  u64 size_recovered = 0;  // what it is or will be after recovery
};

// Judges; changes nothing. ESTALE: the log belongs to another file. EBADMSG: log and data contradict each
// other, or the data file is shorter than it can be. EIO, ENOMEM: could not be read. Each with a message
// naming data_path.
Status examine(const LogView &log, int data_fd, const char *data_path, const char *log_path, Findings *out);

// Does what the findings say and makes it durable: the data file is then at the commit boundary, whatever
// becomes of the log. data_fd must be writable and not in append mode. ENOSPC, EIO: can be repeated.
Status apply(const LogView &log, const Findings &findings, int data_fd, const char *data_path);

const char *verdict_name(Verdict verdict);

}  // namespace snapshot
