// The one way in which a benchmark fails: it could not be run, or a system computed something wrong. A slow
// figure is never a failure.
#pragma once
#include <stdexcept>
#include <string>

namespace bench {

class Failure : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(const std::string &what) { throw Failure(what); }

}  // namespace bench
