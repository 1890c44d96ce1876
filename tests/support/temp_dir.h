// A directory of the test's own, removed with everything in it at the end. In memory where that is possible:
// the tests of the log sync a lot.
#pragma once
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace test {

class TempDir {
 public:
  TempDir() : TempDir(default_parent()) {}
  explicit TempDir(const std::string &parent) {
    std::string name = parent + "/snapshot-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed in " + parent);
    // Messages name resolved paths; let the test's be the same.
    path_ = std::filesystem::canonical(name).string();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;

  const std::string &path() const { return path_; }
  std::string operator/(const std::string &name) const { return path_ + "/" + name; }

 private:
  static std::string default_parent() {
    if (access("/dev/shm", W_OK) == 0) return "/dev/shm";
    const char *asked = getenv("TMPDIR");
    return asked != nullptr && *asked != 0 ? asked : "/tmp";
  }
  std::string path_;
};

inline std::string read_file(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Replaces the contents; the inode stays.
inline void write_file(const std::string &path, const std::string &bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
    throw std::runtime_error("cannot write " + path);
}

inline bool exists(const std::string &path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

}  // namespace test
