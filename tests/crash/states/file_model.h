// What a managed file must hold, computed from what the program did and nothing else.
#pragma once
#include <set>
#include <string>

#include "mix.h"

namespace states {

// Bytes as the program sees them, and as the last commit left them. Lines of 64 bytes are committed whole;
// the size is committed by every commit.
class FileModel {
 public:
  explicit FileModel(std::string bytes) : seen_(bytes), committed_(std::move(bytes)) {}

  u64 size() const { return seen_.size(); }
  const std::string &committed() const { return committed_; }

  void store(u64 offset, const void *bytes, u64 count) {
    std::memcpy(&seen_[offset], bytes, count);
    for (u64 line = offset / 64; line <= (offset + count - 1) / 64; ++line) dirty_.insert(line);
  }
  // What is cut off and comes back reads as zeros, and that is a change like any other.
  void resize(u64 size) {
    for (u64 line = size / 64; line <= seen_.size() / 64; ++line) dirty_.insert(line);
    seen_.resize(size, 0);
  }
  void commit(u64 begin, u64 end) {
    committed_.resize(seen_.size(), 0);
    for (auto line = dirty_.lower_bound(begin / 64); line != dirty_.end() && *line * 64 < end;) {
      if (*line * 64 < seen_.size()) committed_.replace(*line * 64, 64, seen_, *line * 64, 64);
      line = dirty_.erase(line);
    }
  }
  void rollback() {
    seen_ = committed_;
    dirty_.clear();
  }
  // By write or ftruncate while the file is not mapped: no commit is needed.
  void change_unmapped(u64 size, u64 offset, const std::string &bytes) {
    committed_.resize(size, 0);
    committed_.replace(offset, bytes.size(), bytes);
    rollback();
  }

 private:
  std::string seen_, committed_;
  std::set<u64> dirty_;
};

}  // namespace states
