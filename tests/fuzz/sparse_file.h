// A file in the test's memory, of any size that a file can have; holes take no room.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>

#include "base/layout.h"

namespace fuzz {

using snapshot::kPageBytes;
using snapshot::u64;
using snapshot::u8;

class SparseFile {
 public:
  static constexpr u64 bytes_max = (u64{1} << 63) - 1;  // what an off_t can be

  u64 size() const { return size_; }

  // How many bytes there were to read.
  u64 read(u64 offset, void *to, u64 bytes) const {
    if (offset >= size_ || bytes == 0) return 0;
    bytes = std::min(bytes, size_ - offset);
    std::memset(to, 0, bytes);
    each_page(offset, bytes, [&](u64 page, u64 in_page, u64 done, u64 n) {
      if (const auto found = pages_.find(page); found != pages_.end())
        std::memcpy(static_cast<u8 *>(to) + done, found->second.data() + in_page, n);
    });
    return bytes;
  }
  // The caller has checked that offset + bytes is at most bytes_max.
  void write(u64 offset, const void *from, u64 bytes) {
    each_page(offset, bytes, [&](u64 page, u64 in_page, u64 done, u64 n) {
      std::memcpy(pages_[page].data() + in_page, static_cast<const u8 *>(from) + done, n);
    });
    if (bytes != 0) size_ = std::max(size_, offset + bytes);
  }
  void resize(u64 size) {
    if (size < size_) {
      pages_.erase(pages_.lower_bound((size + kPageBytes - 1) / kPageBytes), pages_.end());
      if (const auto last = pages_.find(size / kPageBytes); last != pages_.end())
        std::memset(last->second.data() + size % kPageBytes, 0, kPageBytes - size % kPageBytes);
    }
    size_ = size;
  }

  // The first byte from offset on that is not in a hole; bytes_max: none.
  u64 next_kept(u64 offset) const {
    const auto found = pages_.lower_bound(offset / kPageBytes);
    return offset >= size_ || found == pages_.end() ? bytes_max : std::max(offset, found->first * kPageBytes);
  }
  // What is not a hole: visit(offset, bytes, count).
  template <typename Visit>
  void each_kept_page(Visit visit) const {
    for (const auto &[number, page] : pages_)
      visit(number * kPageBytes, page.data(), std::min(kPageBytes, size_ - number * kPageBytes));
  }

  // The same bytes, whatever is a hole.
  bool operator==(const SparseFile &other) const {
    return size_ == other.size_ && includes(other) && other.includes(*this);
  }

 private:
  using Page = std::array<u8, kPageBytes>;

  template <typename Visit>
  static void each_page(u64 offset, u64 bytes, Visit visit) {
    for (u64 done = 0; done < bytes;) {
      const u64 in_page = (offset + done) % kPageBytes;
      const u64 n = std::min(kPageBytes - in_page, bytes - done);
      visit((offset + done) / kPageBytes, in_page, done, n);
      done += n;
    }
  }
  // Whether each page of other is the same here.
  bool includes(const SparseFile &other) const {
    static constexpr Page zeros{};
    for (const auto &[number, page] : other.pages_) {
      const auto mine = pages_.find(number);
      if ((mine == pages_.end() ? zeros : mine->second) != page) return false;
    }
    return true;
  }

  u64 size_ = 0;
  std::map<u64, Page> pages_;
};

}  // namespace fuzz
