// A file system of the test's own, mounted for its duration: a small one to fill up, or one that lacks
// something. Needs root; a test that cannot have it says so with SKIPPED in its output and passes.
#pragma once
#include <sys/mount.h>

#include <iostream>
#include <string>

#include "temp_dir.h"

namespace test {

class SmallDisk {
 public:
  // type and options as for mount(8), e.g. "tmpfs" and "size=1m".
  SmallDisk(const char *type, const char *options)
      : mounted_(mount("none", directory_.path().c_str(), type, 0, options) == 0) {}
  ~SmallDisk() {
    if (mounted_) (void)umount2(directory_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string operator/(const std::string &name) const { return directory_ / name; }

 private:
  TempDir directory_;
  bool mounted_;
};

inline void say_skipped(const char *test, const char *why) {
  std::cout << "SKIPPED: " << test << ": " << why << std::endl;
}

}  // namespace test
