// A directory for the files of a benchmark, removed with everything in it at the end, also by SIGINT and
// SIGTERM.
#pragma once
#include <string>

namespace bench {

class ScratchDir {
 public:
  // parent empty: in $BENCH_DIRECTORY, or else in /dev/shm, a tmpfs, which stands for memory media.
  explicit ScratchDir(std::string parent = {});
  ~ScratchDir();
  ScratchDir(const ScratchDir &) = delete;
  ScratchDir &operator=(const ScratchDir &) = delete;

  std::string file(const std::string &name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace bench
