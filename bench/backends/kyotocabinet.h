// Kyoto Cabinet's hash database with hard transactions, all of it mapped. It has no order: a scan looks up
// one key after the other.
#pragma once
#include <kchashdb.h>

#include "backends/records.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t records, std::size_t room) {
    db_.tune_buckets(static_cast<std::int64_t>(2 * room));
    db_.tune_map(static_cast<std::int64_t>((std::size_t{64} << 20) + 256 * room));
    require(db_.open(path, kyotocabinet::HashDB::OWRITER | kyotocabinet::HashDB::OCREATE));
    // A hard transaction syncs its log at each update.
    const char zeros[kRecordBytes] = {};
    for (std::size_t key = 0; key < records; ++key) put(0, key, zeros);
    require(db_.synchronize(true));
  }
  void begin() { require(db_.begin_transaction(true)); }
  void put(unsigned, std::size_t key, const char *record) {
    require(db_.set(reinterpret_cast<const char *>(&key), sizeof key, record, kRecordBytes));
  }
  void commit(unsigned, std::size_t) { require(db_.end_transaction(true)); }
  void get(std::size_t key, char *record) {
    require(db_.get(reinterpret_cast<const char *>(&key), sizeof key, record, kRecordBytes) ==
            static_cast<std::int32_t>(kRecordBytes));
  }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    scan_by_key(*this, first, count, visit);
  }
  void facts() const {}

 private:
  void require(bool holds) {
    if (!holds) store_fails("kyotocabinet", db_.error().message());
  }
  kyotocabinet::HashDB db_;
};

}  // namespace bench
