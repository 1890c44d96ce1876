// snapctl info: the state of files and their logs. Changes nothing.
#include <errno.h>
#include <fmt/core.h>

#include "commands.h"
#include "file_state.h"

namespace snapctl {
namespace {

std::string state_words(const FileState &s) {
  const snapshot::Findings &found = s.report.findings;
  switch (s.state) {
    case State::clean:
      return s.has_log() ? "closed cleanly (a log is left over that holds nothing)"
                         : "closed cleanly (no log)";
    case State::complete:
      if (found.sequence == 0)
        return "needs recovery: no commit was made since it was opened; nothing to undo";
      if (s.report.log.record[found.area].appended())
        return fmt::format(
            "needs recovery: commit {} is complete in the log; what {} changed will be written",
            found.sequence, count_of(found.redo, "commit"));
      if (found.redo != 0)
        return fmt::format("needs recovery: commit {} is complete in the log; its {} will be written",
                           found.sequence, count_of(found.lines, "line"));
      return fmt::format("needs recovery: commit {} is complete; nothing to undo", found.sequence);
    case State::incomplete:
      return fmt::format("needs recovery: commit {} is incomplete; its {} will be put back", found.sequence,
                         count_of(found.lines, "line"));
    case State::in_use:
      return s.owner_pid == 0 ? "in use" : fmt::format("in use by process {}", s.owner_pid);
    case State::refused:
      return s.error == ESTALE ? "cannot be recovered: the log belongs to another file"
                               : "cannot be recovered";
    case State::failed:
      return "cannot be examined";
  }
  return "";
}

void print_row(const char *label, const std::string &text) { fmt::print("  {:<7}{}\n", label, text); }

std::string size_words(const FileState &s) {
  const snapshot::Findings &found = s.report.findings;
  std::string text = count_of(found.size_now, "byte");
  if (s.error == 0 && found.size_recovered != found.size_now)
    text += fmt::format("; {} after recovery", found.size_recovered);
  if (!s.has_log() && s.names > 1)
    text += fmt::format("; it has {} names, and a log may lie beside another one", s.names);
  return text;
}

std::string log_words(const FileState &s) {
  return fmt::format("{}, id {}, created by process {}", count_of(s.report.log.bytes, "byte"),
                     hex(s.report.log.header.log_id), s.owner_pid);
}

void print_text(const FileState &s) {
  fmt::print("{}\n", one_line(s.file));
  print_row("state", state_words(s));
  if (s.regular) print_row("file", size_words(s));
  if (s.has_log()) print_row("log", log_words(s));
  if (exit_code_of(s) == ExitCode::pending)
    print_row("do",
              fmt::format("snapctl recover {}, or open it with its program", one_line(shell_word(s.file))));
  if (!s.message.empty() && s.state != State::in_use) print_error(s.message);
}

}  // namespace

ExitCode run_info(const InfoOptions &options) {
  ExitCode code = ExitCode::fine;
  Json all = Json::array();
  for (const std::string &file : options.files) {
    const FileState state = look_at(file);
    code = worse(code, exit_code_of(state));
    if (!options.json) {
      print_text(state);
      continue;
    }
    all.push_back(to_json(state));
    if (!state.message.empty() && state.state != State::in_use) print_error(state.message);
  }
  if (options.json) print_json(all);
  return code;
}

}  // namespace snapctl
