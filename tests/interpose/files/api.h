// Snapshot's own functions, looked up at run time: the same program is linked with the library in one test
// and gets it by LD_PRELOAD in another.
#pragma once
#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "snapshot/snapshot.h"

namespace test {

template <typename Function>
Function *api(Function *, const char *name) {
  void *address = dlsym(RTLD_DEFAULT, name);
  if (address == nullptr) throw std::runtime_error(std::string("libsnapshot is not here: no ") + name);
  return reinterpret_cast<Function *>(address);
}
#define SNAPSHOT_CALL(NAME) (::test::api(static_cast<decltype(&NAME)>(nullptr), #NAME))

inline bool is_managed(const void *address, std::size_t length) {
  return SNAPSHOT_CALL(snapshot_is_managed)(address, length) == 1;
}
inline std::string last_message() { return SNAPSHOT_CALL(snapshot_last_error)(); }

inline snapshot_statistics statistics() {
  snapshot_statistics s{};
  if (SNAPSHOT_CALL(snapshot_get_statistics)(&s, sizeof s) != 0) throw std::runtime_error("no statistics");
  return s;
}

}  // namespace test
