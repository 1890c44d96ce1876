// What the killed programs do, as a function of the number of the commit: so the same code makes the changes
// in a mapped file and, in the test, in a model of what the file must hold after commit k.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>

namespace crash {

// A file being changed: mapped by Snapshot, or a model.
class Target {
 public:
  virtual ~Target() = default;
  virtual std::uint64_t size() const = 0;
  virtual void resize(std::uint64_t size) = 0;
  // Within the size.
  virtual void store(std::uint64_t offset, const void *bytes, std::uint64_t count) = 0;
};

class Model : public Target {
 public:
  explicit Model(std::uint64_t size) : bytes_(size, 0) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void resize(std::uint64_t size) override { bytes_.resize(size, 0); }
  void store(std::uint64_t offset, const void *bytes, std::uint64_t count) override {
    std::memcpy(&bytes_[offset], bytes, count);
  }
  const std::string &bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

struct Workload {
  const char *name;
  std::uint64_t first_size;                       // of the file at state 0, all zeros
  std::uint64_t commits;                          // enough to reach everything that this workload is for
  void (*change)(Target &file, std::uint64_t k);  // from state k - 1 to state k
  bool closes;                                    // each commit is the munmap of the whole file
};

// How much is mapped, also beyond the end of the file: no workload grows beyond it.
inline constexpr std::uint64_t map_bytes = 32 << 20;

extern const Workload workloads[];
extern const std::size_t workload_count;
const Workload &workload_named(const std::string &name);  // throws

}  // namespace crash
