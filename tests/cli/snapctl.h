// Runs snapctl and keeps what it printed.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

struct Ran {
  int code;
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
  bool said(const std::string &words) const { return out.find(words) != std::string::npos; }
  bool complained(const std::string &words) const { return err.find(words) != std::string::npos; }
  // Exactly lines errors, each of one line that begins as it should.
  bool errors(size_t lines) const;
};

using Arguments = std::vector<std::string>;
Ran snapctl(const Arguments &arguments);
// As a user who may do nothing in particular; needs root.
Ran snapctl_as_nobody(const Arguments &arguments);
// With standard output going to this file.
Ran snapctl_to(const std::string &output, const Arguments &arguments);
// With standard error on a terminal.
Ran snapctl_on_terminal(const Arguments &arguments);

}  // namespace test
