// Snapshot: plain stores and msync of the whole array.
#pragma once
#include "snapshot/snapshot.h"
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
  void facts() const {
    snapshot_statistics s{};
    if (snapshot_get_statistics(&s, sizeof s) != 0) worker_fails("snapshot_get_statistics");
    std::printf(" managed=%d commits=%llu fences=%llu", snapshot_is_managed(array_, kArrayBytes),
                static_cast<unsigned long long>(s.commits), static_cast<unsigned long long>(s.fences));
  }

 private:
  int fd_;
  char *array_;
};

}  // namespace bench
