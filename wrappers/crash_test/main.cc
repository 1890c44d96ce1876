// What snaprun --crash-test starts; not to be called by users. snaprun --help says what the options mean.
//
// Exit status: 0 the checker accepted every state; 1 it rejected one; 2 usage; 125 the test could not be
// done; 130 interrupted.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <random>

#include "crash_test.h"

namespace {

namespace fs = std::filesystem;
using crash_test::Options;

int usage_error(const std::string &text) {
  std::fprintf(stderr, "snaprun: error: --crash-test: %s; see snaprun --help\n",
               text.substr(0, text.find('\n')).c_str());
  return 2;
}

// The program and its checker run elsewhere, but the user names them from here.
std::string absolute_program(const std::string &name) {
  return name.find('/') == std::string::npos ? name : fs::absolute(name).lexically_normal().string();
}

std::string absolute_first_word(const std::string &command) {
  const std::size_t end = std::min(command.find_first_of(" \t\n"), command.size());
  const std::string word = command.substr(0, end);
  const bool is_program = word.find('/') != std::string::npos && access(word.c_str(), X_OK) == 0;
  if (!is_program || word.find_first_of("'\"\\$`(;&|<>") != std::string::npos) return command;
  return absolute_program(word) + command.substr(end);
}

std::string default_directory() {
  const char *asked = std::getenv("TMPDIR");
  return asked != nullptr && *asked != 0 ? asked : "/tmp";
}

std::string preload(const std::string &library, const std::string &self) {
  const char *before = std::getenv("LD_PRELOAD");
  std::string all = self.substr(0, self.rfind('/')) + "/libsnapshot-crash-test.so:" + library;
  return before != nullptr && *before != 0 ? all + ":" + before : all;
}

int run(Options &options) {
  if (!fs::is_directory(options.directory)) return usage_error(options.directory + ": not a directory");
  if (!options.template_directory.empty() && !fs::is_directory(options.template_directory))
    return usage_error(options.template_directory + ": not a directory");
  options.directory = fs::absolute(options.directory);
  options.program[0] = absolute_program(options.program[0]);
  options.check = absolute_first_word(options.check);
  switch (crash_test::CrashTest(options).run()) {
    case crash_test::Outcome::passed:
      return 0;
    case crash_test::Outcome::failed:
      return 1;
    default:
      return 125;
  }
}

}  // namespace

int main(int argc, char **argv) {
  Options options;
  std::string library;
  options.seed = std::random_device()() % 1'000'000;
  options.directory = default_directory();
  CLI::App app("What snaprun --crash-test starts.", "snaprun --crash-test");
  app.add_option("--check", options.check)->required();
  app.add_option("--kills", options.kills)->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed);
  app.add_option("--dir", options.directory);
  app.add_option("--template", options.template_directory);
  app.add_option("--library", library)->required();
  app.add_option("--snaprun", options.snaprun)->required();
  app.add_option("program", options.program)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return usage_error(error.what());
  }
  crash_test::catch_interrupts();
  options.preload = preload(library, fs::read_symlink("/proc/self/exe"));
  try {
    return run(options);
  } catch (const crash_test::Interrupted &) {
    return 130;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "snaprun: error: --crash-test: %s\n", error.what());
    return 125;
  }
}
