// What SNAPSHOT_PROTOCOL and SNAPSHOT_MEDIA lead to.
#pragma once
#include <cstdlib>
#include <string>

namespace test {

inline bool commits_by_redo() {
  const char *protocol = std::getenv("SNAPSHOT_PROTOCOL");
  return protocol == nullptr || std::string(protocol) != "undo";
}

// Commits are appended to the log, and the file itself is synced when it is closed (commit/append.h). The
// medium is one of the two: the tests say which (support/mapped_file.h).
inline bool appends_to_log() {
  const char *media = std::getenv("SNAPSHOT_MEDIA");
  return commits_by_redo() && media != nullptr && std::string(media) == "page-cache";
}

}  // namespace test
