// snapctl recover: brings files back to their last commit, one after the other; a file that cannot be
// recovered does not keep the rest from it.
#include <fmt/core.h>

#include "commands.h"
#include "file_state.h"

namespace snapctl {
namespace {

FileState recover_one(const std::string &file) {
  snapshot::FileReport report{};
  const snapshot::Status outcome = snapshot::recover_file(file.c_str(), &report);
  FileState state = state_of(file, report, outcome);
  if (outcome.error != EACCES && outcome.error != EROFS) return state;
  // Not writable by us, which does not matter if there is nothing to do.
  FileState looked = look_at(file);
  return looked.state == State::clean ? looked : state;
}

// What was, or would be, done.
std::string action(const FileState &s, bool dry_run) {
  const snapshot::Findings &found = s.report.findings;
  std::string text;
  switch (s.state) {
    case State::clean:
      return "nothing to do, it was closed cleanly";
    case State::complete:
      text = dry_run ? "would be recovered: " : "recovered: ";
      if (found.sequence == 0)
        text += "no commit was made since it was opened";
      else if (s.report.log.record[found.area].appended())
        text += fmt::format("commit {} is complete, what {} changed {} written from the log", found.sequence,
                            count_of(found.redo, "commit"), dry_run ? "would be" : "was");
      else if (found.redo != 0)
        text += fmt::format("commit {} is complete, its {} {} written from the log", found.sequence,
                            count_of(found.lines, "line"),
                            dry_run            ? "would be"
                            : found.lines == 1 ? "was"
                                               : "were");
      else
        text += fmt::format("commit {} is complete, nothing to undo", found.sequence);
      break;
    case State::incomplete:
      text = fmt::format("{}: commit {} {} incomplete, its {} {} put back",
                         dry_run ? "would be recovered" : "recovered", found.sequence, dry_run ? "is" : "was",
                         count_of(found.lines, "line"),
                         dry_run            ? "would be"
                         : found.lines == 1 ? "was"
                                            : "were");
      break;
    default:
      return "";
  }
  if (found.size_recovered != found.size_now)
    text += fmt::format(", size {} to {} bytes", found.size_now, found.size_recovered);
  return text;
}

const char *outcome_name(const FileState &s, bool dry_run) {
  if (s.error != 0) return "failed";
  if (s.state == State::clean) return "nothing-to-do";
  return dry_run ? "would-recover" : "recovered";
}

ExitCode code_for(const FileState &s, bool dry_run) {
  const ExitCode code = exit_code_of(s);
  return code == ExitCode::pending && !dry_run ? ExitCode::fine : code;
}

Json json_of(const FileState &s, bool dry_run) {
  Json out = to_json(s);
  // What the state was before; afterwards there is nothing left to do.
  if (!dry_run && s.error == 0) out["needs_recovery"] = false;
  out["outcome"] = outcome_name(s, dry_run);
  return out;
}

}  // namespace

ExitCode run_recover(const RecoverOptions &options) {
  ExitCode code = ExitCode::fine;
  Json all = Json::array();
  for (const std::string &file : options.files) {
    const FileState state = options.dry_run ? look_at(file) : recover_one(file);
    code = worse(code, code_for(state, options.dry_run));
    if (!state.message.empty())
      print_error(state.message);
    else if (!options.json)
      fmt::print("{}: {}\n", one_line(file), action(state, options.dry_run));
    if (options.json) all.push_back(json_of(state, options.dry_run));
  }
  if (options.json) print_json(all);
  return code;
}

}  // namespace snapctl
