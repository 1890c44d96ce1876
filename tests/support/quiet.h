// Keeps the library's messages off the test's output; they are still there for snapshot::last_error_text().
#pragma once
#include <string>

#include "base/message.h"

namespace test {

inline const bool library_is_quiet = [] {
  snapshot::message_level = snapshot::Level::off;
  return true;
}();

inline std::string last_error() { return snapshot::last_error_text(); }

}  // namespace test
