#include "command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <random>

namespace crash_test {
namespace {

namespace fs = std::filesystem;

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

int run(Options &options, Outcome (*test)(const Options &)) {
  if (!fs::is_directory(options.directory)) return usage_error(options.directory + ": not a directory");
  if (!options.template_directory.empty() && !fs::is_directory(options.template_directory))
    return usage_error(options.template_directory + ": not a directory");
  options.directory = fs::absolute(options.directory);
  if (!options.template_directory.empty())
    options.template_directory = fs::absolute(options.template_directory);
  if (!options.recorded.empty()) options.recorded = fs::absolute(options.recorded);
  options.program[0] = absolute_program(options.program[0]);
  options.check = absolute_first_word(options.check);
  switch (test(options)) {
    case Outcome::passed:
      return 0;
    case Outcome::failed:
      return 1;
    default:
      return 125;
  }
}

}  // namespace

std::string preload(const std::string &library) {
  const char *before = std::getenv("LD_PRELOAD");
  return before != nullptr && *before != 0 ? library + ":" + before : library;
}

int main_program(int argc, char **argv, Outcome (*test)(const Options &)) {
  Options options;
  options.seed = std::random_device()() % 1'000'000;
  options.directory = default_directory();
  CLI::App app("What snaprun --crash-test starts.", "snaprun --crash-test");
  app.add_option("--check", options.check)->required();
  app.add_option("--kills", options.kills)->check(CLI::PositiveNumber);
  app.add_option("--images", options.images)->check(CLI::PositiveNumber);
  app.add_option("--recorded", options.recorded);
  app.add_option("--image", options.image);
  app.add_option("--seed", options.seed);
  app.add_option("--dir", options.directory);
  app.add_option("--template", options.template_directory);
  app.add_option("--library", options.library)->required();
  app.add_option("--snaprun", options.snaprun)->required();
  app.add_option("program", options.program)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return usage_error(error.what());
  }
  catch_interrupts();
  options.tools = fs::read_symlink("/proc/self/exe").parent_path();
  try {
    return run(options, test);
  } catch (const UsageError &error) {
    return usage_error(error.what());
  } catch (const Interrupted &) {
    return 130;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "snaprun: error: --crash-test: %s\n", error.what());
    return 125;
  }
}

}  // namespace crash_test
