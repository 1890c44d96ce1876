#include "output.h"

#include <fmt/core.h>

#include <cstdio>

namespace snapctl {

std::string one_line(const std::string &text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

std::string shell_word(const std::string &text) {
  constexpr const char *kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:@%=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

void print_error(const std::string &text) {
  (void)std::fflush(stdout);  // so that the two streams, when they end up in one place, are in order
  fmt::print(stderr, "snapctl: {}\n", one_line(text));
}

std::string count_of(uint64_t count, const char *singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

std::string hex(uint64_t value) { return fmt::format("{:#018x}", value); }

void print_json(const Json &document) {
  const std::string text = document.dump(2, ' ', false, Json::error_handler_t::replace);
  fmt::print("{}\n", text);
}

}  // namespace snapctl
