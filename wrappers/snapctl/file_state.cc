#include "file_state.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "log/log_reader.h"

namespace snapctl {
namespace {

using snapshot::Status;
using snapshot::Verdict;

State state_for(Verdict verdict, int error) {
  switch (exit_code_for(error)) {
    case ExitCode::fine:
      break;
    case ExitCode::busy:
      return State::in_use;
    case ExitCode::refused:
      return State::refused;
    default:
      return State::failed;
  }
  switch (verdict) {
    case Verdict::no_log:
    case Verdict::retired:
      return State::clean;
    case Verdict::complete:
      return State::complete;
    case Verdict::undo:
      return State::incomplete;
  }
  return State::failed;
}

// Of a log in use only the header is worth reading: it never changes, and its records may be half written.
void read_header_in_use(FileState *state) {
  const std::unique_ptr<char, void (*)(void *)> real(realpath(state->file.c_str(), nullptr), std::free);
  if (real == nullptr) return;
  const std::string path = std::string(real.get()) + ".snaplog";
  const int fd = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  snapshot::LogView log;
  if (snapshot::read_log(fd, path.c_str(), &log).ok()) {
    state->report.log.header = log.header;
    state->report.log.bytes = log.bytes;
    state->owner_pid = log.header.owner_pid;
  }
  (void)close(fd);
}

void describe_use(FileState *state) {
  read_header_in_use(state);
  const std::string who = state->owner_pid == 0 ? "a process" : fmt::format("process {}", state->owner_pid);
  state->message =
      fmt::format("{}: {} is writing it; try again when it has closed the file", state->file, who);
}

}  // namespace

FileState state_of(const std::string &file, const snapshot::FileReport &report, Status outcome) {
  FileState state;
  state.file = file;
  state.report = report;
  state.error = outcome.error;
  state.state = state_for(report.findings.verdict, outcome.error);
  state.owner_pid = report.log.header.owner_pid;
  if (!outcome.ok()) state.message = snapshot::last_error_text();
  struct stat st;
  state.regular = stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode);
  if (state.regular) {
    state.names = st.st_nlink;
    if (!outcome.ok()) state.report.findings.size_now = static_cast<uint64_t>(st.st_size);
  }
  if (state.state == State::in_use) describe_use(&state);
  return state;
}

FileState look_at(const std::string &file) {
  snapshot::FileReport report{};
  const Status outcome = snapshot::inspect_file(file.c_str(), &report);
  return state_of(file, report, outcome);
}

ExitCode exit_code_of(const FileState &state) {
  switch (state.state) {
    case State::clean:
      return ExitCode::fine;
    case State::complete:
    case State::incomplete:
      return ExitCode::pending;
    default:
      return exit_code_for(state.error);
  }
}

const char *state_name(State state) {
  switch (state) {
    case State::clean:
      return "clean";
    case State::complete:
      return "complete";
    case State::incomplete:
      return "incomplete";
    case State::in_use:
      return "in-use";
    case State::refused:
      return "refused";
    case State::failed:
      return "failed";
  }
  return "";
}

Json to_json(const FileState &state) {
  const snapshot::Findings &found = state.report.findings;
  const snapshot::LogView &log = state.report.log;
  const bool judged = state.error == 0;
  Json out;
  out["file"] = state.file;
  out["state"] = state_name(state.state);
  out["needs_recovery"] = state.state == State::complete || state.state == State::incomplete;
  out["size"] = state.regular ? Json(found.size_now) : Json();
  out["size_recovered"] = judged ? Json(found.size_recovered) : Json();
  out["log"] = nullptr;
  if (state.has_log()) {
    out["log"] = {{"bytes", log.bytes}, {"id", hex(log.header.log_id)}, {"owner_pid", state.owner_pid}};
    if (judged) {
      out["log"]["retired"] = log.retired;
      out["log"]["sequence"] = found.sequence;
      out["log"]["lines"] = found.lines;
    }
  }
  out["error"] = judged ? Json() : Json(state.message);
  return out;
}

}  // namespace snapctl
