// The kernel's msync, with 4 KiB pages. No atomicity.
#pragma once
#include "workloads/durable_updates/array.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t, std::size_t room)
      : bytes_(room * kRecordBytes), fd_(make_array(path, bytes_)), array_(map_array(fd_, bytes_)) {}
  void begin() {}
  void put(unsigned, std::size_t key, const char *record) {
    std::memcpy(array_ + key * kRecordBytes, record, kRecordBytes);
  }
  void commit(unsigned, std::size_t) {
    if (msync(array_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }
  void get(std::size_t key, char *record) const {
    std::memcpy(record, array_ + key * kRecordBytes, kRecordBytes);
  }
  void facts() const {}

 private:
  std::size_t bytes_;
  int fd_;
  char *array_;
};

}  // namespace bench
