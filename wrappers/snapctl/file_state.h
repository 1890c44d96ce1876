// What is to be said about one data file and its log: found once, printed as text or JSON.
#pragma once
#include <string>

#include "exit_code.h"
#include "output.h"
#include "recovery/recover_file.h"

namespace snapctl {

enum class State {
  clean,       // no log, or one that says it is done with
  complete,    // a log without its process; the last commit is all there
  incomplete,  // a log without its process; the last commit has to be undone
  in_use,      // a process is writing the file
  refused,     // damaged, foreign, or no log at all
  failed,      // could not be looked at
};

struct FileState {
  std::string file;  // as the user named it
  State state = State::failed;
  int error = 0;  // errno, and what it was; 0 for the first three states
  std::string message;
  snapshot::FileReport report{};
  uint64_t owner_pid = 0;  // who created the log; 0: unknown, or no log
  bool regular = false;    // the data file is there, and is a regular file
  uint64_t names = 1;      // hard links of it

  bool has_log() const { return report.log.header.log_id != 0; }
};

// The state without changing anything.
FileState look_at(const std::string &file);

// The state that the outcome of a call of the library stands for; report may be partly filled when it failed.
FileState state_of(const std::string &file, const snapshot::FileReport &report, snapshot::Status outcome);

// What the state alone means for the exit code.
ExitCode exit_code_of(const FileState &state);

const char *state_name(State state);

// Members that info and recover share: file, state, sizes, log, error.
Json to_json(const FileState &state);

}  // namespace snapctl
