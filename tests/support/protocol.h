// What SNAPSHOT_PROTOCOL leads to.
#pragma once
#include <cstdlib>
#include <string>

namespace test {

inline bool commits_by_redo() {
  const char *protocol = std::getenv("SNAPSHOT_PROTOCOL");
  return protocol == nullptr || std::string(protocol) != "undo";
}

}  // namespace test
