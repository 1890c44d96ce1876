// A growing array in pages of its own: no malloc, so it can be used inside the program's malloc and in
// handlers.
#pragma once
#include "base/status.h"
#include "base/syscall.h"

namespace snapshot {

template <typename T>
class GrowBuffer {
 public:
  constexpr GrowBuffer() = default;
  GrowBuffer(const GrowBuffer &) = delete;
  GrowBuffer &operator=(const GrowBuffer &) = delete;

  // Room for count elements in all. ENOMEM leaves everything as it was.
  Status reserve(u64 count) { return SNAPSHOT_LIKELY(count <= capacity_) ? kOk : grow(count); }
  Status push(const T &value) {
    if (SNAPSHOT_UNLIKELY(size_ == capacity_))
      if (Status s = reserve(size_ + 1); !s.ok()) return s;
    data_[size_++] = value;
    return kOk;
  }
  Status append(const T *values, u64 count) {
    if (SNAPSHOT_UNLIKELY(count > capacity_ - size_))
      if (Status s = reserve(size_ + count); !s.ok()) return s;
    // Mostly few: a vector loop spends more on finding that out than it saves.
#pragma clang loop vectorize(disable) unroll(disable)
    for (u64 i = 0; i < count; ++i) data_[size_ + i] = values[i];
    size_ += count;
    return kOk;
  }
  // Only after a reserve() that covers it.
  void push_reserved(const T &value) { data_[size_++] = value; }
  void clear() { size_ = 0; }
  void truncate(u64 size) { size_ = size; }
  // Gives the memory back.
  void release() {
    if (capacity_ != 0) (void)sys::munmap(reinterpret_cast<u64>(data_), mapped_);
    data_ = nullptr;
    size_ = capacity_ = mapped_ = 0;
  }
  bool exceeds(u64 bytes) const { return mapped_ > bytes; }
  // Gives the memory back when it has grown beyond what is worth keeping between uses.
  void trim(u64 keep_bytes) {
    size_ = 0;
    if (mapped_ > keep_bytes) release();
  }
  void swap(GrowBuffer &other) {
    T *data = data_;
    u64 size = size_, capacity = capacity_, mapped = mapped_;
    data_ = other.data_, size_ = other.size_, capacity_ = other.capacity_, mapped_ = other.mapped_;
    other.data_ = data, other.size_ = size, other.capacity_ = capacity, other.mapped_ = mapped;
  }
  T *begin() { return data_; }
  T *end() { return data_ + size_; }
  const T *begin() const { return data_; }
  const T *end() const { return data_ + size_; }
  T *data() { return data_; }
  const T *data() const { return data_; }
  u64 size() const { return size_; }
  u64 capacity() const { return capacity_; }
  T &operator[](u64 i) { return data_[i]; }
  const T &operator[](u64 i) const { return data_[i]; }

 private:
  SNAPSHOT_SLOW_PATH Status grow(u64 count) {
    const u64 wanted = max_u64(count, 2 * capacity_);
    const u64 bytes = round_up(wanted * sizeof(T), kPageBytes);
    const long result = capacity_ == 0
                            ? sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                            : sys::call(SYS_mremap, sys::as_long(data_), static_cast<long>(mapped_),
                                        static_cast<long>(bytes), MREMAP_MAYMOVE);
    if (sys::failed(result)) return sys::status(result);
    data_ = reinterpret_cast<T *>(result);
    capacity_ = bytes / sizeof(T);
    mapped_ = bytes;
    return kOk;
  }

  T *data_ = nullptr;
  u64 size_ = 0;
  u64 capacity_ = 0;
  u64 mapped_ = 0;
};

}  // namespace snapshot
