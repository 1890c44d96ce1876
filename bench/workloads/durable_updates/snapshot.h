// Snapshot: plain stores and msync of the whole array.
#pragma once
#include "snapshot/snapshot.h"
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
  void facts() const {
    snapshot_statistics s{};
    if (snapshot_get_statistics(&s, sizeof s) != 0) worker_fails("snapshot_get_statistics");
    std::printf(" managed=%d commits=%llu fences=%llu", snapshot_is_managed(array_, bytes_),
                static_cast<unsigned long long>(s.commits), static_cast<unsigned long long>(s.fences));
  }

 private:
  std::size_t bytes_;
  int fd_;
  char *array_;
};

}  // namespace bench
