// Which contents recovery may give a file, at each place in a trace: those of the last commit that returned,
// and of one that has begun since. Size included.
#pragma once
#include <map>

#include "trace.h"

namespace states {

class Oracle {
 public:
  void apply(const Event &event);

  // Files about which something is expected.
  struct Allowed {
    bool known = false;                    // false: no commit has returned yet, anything may be there
    u64 commit = 0;                        // the last that returned
    std::string bytes;                     // and what it left
    std::map<u64, std::string> running;    // begun since; also those that returned an error
    std::map<u64, std::string> announced;  // not begun yet
  };
  const std::map<std::string, Allowed> &files() const { return files_; }
  u64 hash() const;

 private:
  std::map<std::string, Allowed> files_;
};

bool accepts(const Oracle::Allowed &allowed, const std::vector<u8> &bytes);
// Why not, for people.
std::string explain(const Oracle::Allowed &allowed, const std::vector<u8> &bytes);

}  // namespace states
