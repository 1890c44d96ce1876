// Kyoto Cabinet's hash database with hard transactions.
#pragma once
#include <kchashdb.h>

#include <string>

#include "harness/worker.h"

namespace bench {

class Store {
 public:
  explicit Store(const char *path) {
    db_.tune_buckets(2 * kRecords);
    require(db_.open(path, kyotocabinet::HashDB::OWRITER | kyotocabinet::HashDB::OCREATE));
    const std::string zeros(kRecordBytes, 0);
    for (std::size_t key = 0; key < kRecords; ++key) put(0, key, zeros.data());
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
  void facts() const {}

 private:
  void require(bool holds) {
    if (holds) return;
    std::fprintf(stderr, "kyotocabinet: %s\n", db_.error().message());
    std::exit(1);
  }
  kyotocabinet::HashDB db_;
};

}  // namespace bench
