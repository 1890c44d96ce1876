// What a target found.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

namespace fuzz {

// Ends the process in a way that libFuzzer keeps the input for.
[[noreturn]] inline void violation(const std::string &what) {
  std::fprintf(stderr, "VIOLATION: %s\n", what.c_str());
  std::abort();
}

inline void require(bool holds, const char *what) {
  if (!holds) violation(what);
}

// The one line that goes with an error: about this file, and nothing but a line.
inline void require_message(const char *text, const std::string &path) {
  const std::string message = text;
  require(message.find(path) != std::string::npos,
          ("the message does not name the file: " + message).c_str());
  for (const char c : message)
    require(static_cast<unsigned char>(c) >= 0x20, "the message holds a control character");
  require(message.size() > path.size() + 10 && message.size() < 600, "the message is cut off, or empty");
}

}  // namespace fuzz
