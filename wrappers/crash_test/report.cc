#include "report.h"

#include <fmt/core.h>

#include <fstream>
#include <iterator>

#include "shell_words.h"

namespace crash_test {

void complain(const std::string &text) { fmt::print(stderr, "snaprun: error: --crash-test: {}\n", text); }

std::string text_of(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

bool agrees(const Attempt &attempt, const Ended &program) {
  if (program.status != 0) {
    complain(fmt::format("the program fails without being killed, with exit status {}; it says:\n{}",
                         program.status, text_of(attempt.output())));
    return false;
  }
  const Ended checker = attempt.run_checker();
  if (checker.status == 0) return true;
  complain(
      fmt::format("the checker rejects what the program leaves without being killed, with exit status {}; it "
                  "says:\n{}",
                  checker.status, text_of(attempt.checker_output())));
  return false;
}

void report(const Options &options, Attempt &attempt, const std::string &what, const Words &reproduce) {
  attempt.keep();
  fmt::print("{}\n", what);
  const std::string said = text_of(attempt.checker_output());
  if (!said.empty()) fmt::print("the checker says:\n{}", said);
  fmt::print("files kept in {}; what the program said: {}\n", attempt.files(), attempt.output());
  Words command = {options.snaprun, "--crash-test", "--check", options.check};
  if (!options.template_directory.empty())
    command.insert(command.end(), {"--template", options.template_directory});
  command.insert(command.end(), {"--dir", options.directory});
  command.insert(command.end(), reproduce.begin(), reproduce.end());
  command.emplace_back("--");
  command.insert(command.end(), options.program.begin(), options.program.end());
  fmt::print("reproduce: {}{}\n", snapshot_settings(), shell_line(command));
}

}  // namespace crash_test
