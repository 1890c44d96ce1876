// What recovery makes of a data file and its log: of a copy, so that the run goes on undisturbed.
#pragma once
#include <optional>
#include <string>

namespace faults {

struct View {
  const char *name;
  std::string data;
  std::optional<std::string> log;
  bool operator==(const View &other) const { return data == other.data && log == other.log; }
};

// The recovered bytes. Throws, with recovery's own words, if it refuses. path: where the copy may be put.
std::string recovered(const View &view, const std::string &path);

}  // namespace faults
