// RocksDB: a synced write batch for each commit. With a Bloom filter and a block cache that holds all
// records, as its tuning guide has it for point lookups; else its defaults.
#pragma once
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <bit>
#include <cstring>
#include <memory>

#include "backends/records.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t records, std::size_t room) {
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_cache = rocksdb::NewLRUCache((std::size_t{64} << 20) + 256 * room);
    rocksdb::Options options;
    options.create_if_missing = options.error_if_exists = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB *db = nullptr;
    require(rocksdb::DB::Open(options, path, &db));
    db_.reset(db);
    write_.sync = true;
    load(*this, records);
    require(db_->Flush({}));
  }
  void begin() { batch_.Clear(); }
  void put(unsigned, std::size_t key, const char *record) {
    const std::size_t ordered = big_endian(key);
    require(batch_.Put(view(ordered), {record, kRecordBytes}));
  }
  void commit(unsigned, std::size_t) { require(db_->Write(write_, &batch_)); }
  void get(std::size_t key, char *record) {
    const std::size_t ordered = big_endian(key);
    require(db_->Get(read_, db_->DefaultColumnFamily(), view(ordered), &value_));
    copy(value_, record);
    value_.Reset();
  }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    const std::size_t ordered = big_endian(first);
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(read_));
    at->Seek(view(ordered));
    char record[kRecordBytes];
    for (std::size_t i = 0; i < count; ++i, at->Next()) {
      if (!at->Valid()) store_fails("rocksdb", "a scan ends too early");
      copy(at->value(), record);
      visit(record);
    }
  }
  void facts() const {}

 private:
  // The order of bytes is the order of the numbers.
  static std::size_t big_endian(std::size_t key) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(key) : key;
  }
  static rocksdb::Slice view(const std::size_t &key) {
    return {reinterpret_cast<const char *>(&key), sizeof key};
  }
  static void copy(const rocksdb::Slice &value, char *record) {
    if (value.size() != kRecordBytes) store_fails("rocksdb", "a record has another size");
    std::memcpy(record, value.data(), kRecordBytes);
  }
  static void require(const rocksdb::Status &status) {
    if (!status.ok()) store_fails("rocksdb", status.ToString().c_str());
  }
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions write_;
  rocksdb::ReadOptions read_;
  rocksdb::WriteBatch batch_;
  rocksdb::PinnableSlice value_;
};

}  // namespace bench
