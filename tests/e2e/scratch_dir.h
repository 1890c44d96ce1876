// A directory of its own for each run, gone at its end; with SNAPSHOT_E2E_KEEP set it stays after a failure.
// Data files and their logs live in it.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

namespace e2e {

class ScratchDir {
 public:
  explicit ScratchDir(const std::string &parent) : path_(parent + "/snapshot-e2e-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), path_);
  }
  ScratchDir(const ScratchDir &) = delete;
  ScratchDir &operator=(const ScratchDir &) = delete;
  ~ScratchDir() {
    if (std::uncaught_exceptions() > 0 && std::getenv("SNAPSHOT_E2E_KEEP") != nullptr) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string &name) const { return path_ + "/" + name; }

  // Removes the file and its log.
  void remove(const std::string &name) const {
    std::filesystem::remove(file(name));
    std::filesystem::remove(file(name) + ".snaplog");
  }

 private:
  std::string path_;
};

}  // namespace e2e
