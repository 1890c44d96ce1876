// The one way in which a benchmark fails: it could not be run, or a system computed something wrong. A slow
// figure is never a failure. And the way in which it says that it cannot be run on this machine or by this
// build.
#pragma once
#include <stdexcept>
#include <string>

namespace bench {

class Failure : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Skipped : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(const std::string &what) { throw Failure(what); }
[[noreturn]] inline void skip(const std::string &why) { throw Skipped(why); }

}  // namespace bench
