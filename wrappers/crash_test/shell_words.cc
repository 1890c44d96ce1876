#include "shell_words.h"

#include <cstdlib>

namespace crash_test {
namespace {

std::string quoted(const std::string &word) {
  constexpr const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:@%=";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) c == '\'' ? text += "'\\''" : text += c;
  return text + "'";
}

}  // namespace

std::string shell_line(const std::vector<std::string> &words) {
  std::string line;
  for (const std::string &word : words) line += (line.empty() ? "" : " ") + quoted(word);
  return line;
}

std::string snapshot_settings() {
  std::string text;
  for (const char *name : {"FILES", "IGNORE", "MEDIA", "COPY", "EXIT", "WAIT", "PERSIST", "LOG"}) {
    const std::string variable = std::string("SNAPSHOT_") + name;
    if (const char *value = std::getenv(variable.c_str()); value != nullptr)
      text += variable + "=" + quoted(value) + " ";
  }
  return text;
}

}  // namespace crash_test
