#include "snapctl.h"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "in_child.h"
#include "temp_dir.h"

namespace test {
namespace {

constexpr uid_t kNobody = 65534;

[[noreturn]] void become_snapctl(const Arguments &arguments, bool as_nobody) {
  std::vector<char *> argv = {const_cast<char *>("snapctl")};
  for (const std::string &a : arguments) argv.push_back(const_cast<char *>(a.c_str()));
  argv.push_back(nullptr);
  // By descriptor: the other user may not be able to reach the build tree.
  const int program = open(SNAPCTL, O_PATH);
  if (as_nobody && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(99);
  fexecve(program, argv.data(), environ);
  _exit(98);
}

Ran run(const Arguments &arguments, bool as_nobody, const std::string &output, int terminal = -1) {
  TempDir dir;
  const std::string out = output.empty() ? dir / "out" : output;
  Ran ran;
  ran.code = in_child([&] {
    const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err_fd =
        terminal >= 0 ? terminal : open((dir / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0) return 97;
    become_snapctl(arguments, as_nobody);
  });
  if (output.empty()) ran.out = read_file(out);
  if (terminal < 0) ran.err = read_file(dir / "err");
  return ran;
}

}  // namespace

bool Ran::errors(size_t lines) const {
  std::istringstream in(err);
  size_t found = 0;
  for (std::string line; std::getline(in, line); ++found)
    if (line.rfind("snapctl: ", 0) != 0 || line.find("; ") == std::string::npos) return false;
  return found == lines;
}

Ran snapctl(const Arguments &arguments) { return run(arguments, false, ""); }
Ran snapctl_as_nobody(const Arguments &arguments) { return run(arguments, true, ""); }
Ran snapctl_to(const std::string &output, const Arguments &arguments) {
  return run(arguments, false, output);
}
Ran snapctl_on_terminal(const Arguments &arguments) {
  int terminal, other_end;
  if (openpty(&terminal, &other_end, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("openpty");
  Ran ran = run(arguments, false, "", other_end);
  close(other_end);
  char bytes[4096];  // the terminal has kept what was written; then it is an error that nobody is there
  for (ssize_t n; (n = read(terminal, bytes, sizeof bytes)) > 0;)
    ran.err.append(bytes, static_cast<size_t>(n));
  close(terminal);
  return ran;
}

}  // namespace test
