// What SNAPSHOT_MEDIA and SNAPSHOT_PROTOCOL lead to where a test forces the medium.
#pragma once
#include <cstdlib>
#include <string>

namespace test {

inline bool commits_by_redo() {
  const char *media = std::getenv("SNAPSHOT_MEDIA"), *protocol = std::getenv("SNAPSHOT_PROTOCOL");
  return media != nullptr && std::string(media) == "memory" &&
         (protocol == nullptr || std::string(protocol) != "undo");
}

}  // namespace test
