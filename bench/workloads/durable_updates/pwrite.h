// The floor: the same bytes by pwrite, and fdatasync. No atomicity.
#pragma once
#include "workloads/durable_updates/array.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t, std::size_t room) : fd_(make_array(path, room * kRecordBytes)) {}
  void begin() {}
  void put(unsigned, std::size_t key, const char *record) {
    if (pwrite(fd_, record, kRecordBytes, static_cast<off_t>(key * kRecordBytes)) != kRecordBytes)
      worker_fails("pwrite");
  }
  void commit(unsigned, std::size_t) {
    if (fdatasync(fd_) != 0) worker_fails("fdatasync");
  }
  void get(std::size_t key, char *record) const {
    if (pread(fd_, record, kRecordBytes, static_cast<off_t>(key * kRecordBytes)) != kRecordBytes)
      worker_fails("pread");
  }
  void facts() const {}

 private:
  int fd_;
};

}  // namespace bench
