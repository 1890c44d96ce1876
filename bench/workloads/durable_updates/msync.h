// The kernel's msync, with 4 KiB pages. No atomicity.
#pragma once
#include "workloads/durable_updates/array.h"

namespace bench {

class Store {
 public:
  explicit Store(const char *path) : fd_(make_array(path)), array_(map_array(fd_)) {}
  void begin() {}
  void put(unsigned, std::size_t key, const char *record) {
    std::memcpy(array_ + key * kRecordBytes, record, kRecordBytes);
  }
  void commit(unsigned, std::size_t) {
    if (msync(array_, kArrayBytes, MS_SYNC) != 0) worker_fails("msync");
  }
  void get(std::size_t key, char *record) const {
    std::memcpy(record, array_ + key * kRecordBytes, kRecordBytes);
  }
  void facts() const {}

 private:
  int fd_;
  char *array_;
};

}  // namespace bench
