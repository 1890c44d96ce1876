// Tkrzw's hash database, updated in place, which is its default, and synchronized to the device at each
// commit. It has no transactions of several updates: durable, but not as a whole. Nor has it an order of
// keys.

#pragma once
#include <tkrzw_dbm_hash.h>

#include <cstring>
#include <string>
#include <string_view>

#include "backends/records.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t records, std::size_t room) {
    tkrzw::HashDBM::TuningParameters tuning;
    tuning.num_buckets = static_cast<std::int64_t>(2 * room);
    require(db_.OpenAdvanced(path, true, tkrzw::File::OPEN_DEFAULT, tuning));
    load(*this, records);
  }
  void begin() {}
  void put(unsigned, std::size_t key, const char *record) {
    require(db_.Set(view(key), {record, kRecordBytes}));
  }
  void commit(unsigned, std::size_t) { require(db_.Synchronize(true)); }
  void get(std::size_t key, char *record) {
    require(db_.Get(view(key), &value_));
    if (value_.size() != kRecordBytes) store_fails("tkrzw", "a record has another size");
    std::memcpy(record, value_.data(), kRecordBytes);
  }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    scan_by_key(*this, first, count, visit);
  }
  void facts() const {}

 private:
  static std::string_view view(const std::size_t &key) {
    return {reinterpret_cast<const char *>(&key), sizeof key};
  }
  static void require(const tkrzw::Status &status) {
    if (status != tkrzw::Status::SUCCESS) store_fails("tkrzw", tkrzw::ToString(status).c_str());
  }
  tkrzw::HashDBM db_;
  std::string value_;
};

}  // namespace bench
