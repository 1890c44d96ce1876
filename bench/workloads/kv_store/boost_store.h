// A hash of vectors in a managed_mapped_file of Boost.Interprocess, which knows nothing of crash safety: an
// array of buckets, each a vector of keys with the positions of their records, and the records one behind the
// other in a vector. So a scan goes through the records in the order of insertion. As the files of that class
// do not grow while they are mapped, buckets and records are made for all that there may ever be.
//
// none.h and synced_store.h say what a commit is.
#pragma once
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/vector.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>
#include <cstdint>
#include <cstring>

#include "backends/records.h"

namespace bench {

class BoostStore {
 public:
  BoostStore(const char *path, std::size_t records, std::size_t room)
      : file_(boost::interprocess::create_only, path, bytes_for(records, room)) {
    const Allocator<Bucket> allocator(file_.get_segment_manager());
    buckets_ = file_.construct<Vector<Bucket>>("buckets")(records, Bucket(allocator), allocator);
    records_ = file_.construct<Vector<Record>>("records")(allocator);
    records_->reserve(room);
  }

  void begin() {}
  void put(unsigned, std::size_t key, const char *record) {
    if (Record *const found = find(key); found != nullptr) {
      std::memcpy(found->bytes, record, kRecordBytes);
      return;
    }
    if (records_->size() == records_->capacity()) store_fails("kv_store", "no room for another record");
    bucket(key).push_back({key, records_->size()});
    std::memcpy(records_->emplace_back().bytes, record, kRecordBytes);
  }
  void get(std::size_t key, char *record) { std::memcpy(record, existing(key)->bytes, kRecordBytes); }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    const Record *const begin = existing(first);
    for (std::size_t i = 0; i < count; ++i) visit(begin[i].bytes);
  }

 protected:
  // The whole file as it is mapped: the segment begins behind a header of Boost's, in the same page.
  void *mapping() const {
    return reinterpret_cast<void *>(reinterpret_cast<std::uintptr_t>(file_.get_address()) &
                                    ~std::uintptr_t{4095});
  }
  std::size_t mapping_bytes() const {
    return file_.get_size() + (reinterpret_cast<std::uintptr_t>(file_.get_address()) & 4095);
  }

 private:
  template <typename T>
  using Allocator =
      boost::interprocess::allocator<T, boost::interprocess::managed_mapped_file::segment_manager>;
  template <typename T>
  using Vector = boost::interprocess::vector<T, Allocator<T>>;
  struct Entry {
    std::uint64_t key, position;
  };
  using Bucket = Vector<Entry>;
  struct Record {
    Record() {}  // its bytes are set by put
    char bytes[kRecordBytes];
  };

  // A bucket's vector of a key or two takes 64 bytes with the allocator's.
  static std::size_t bytes_for(std::size_t records, std::size_t room) {
    return (std::size_t{4} << 20) + records * sizeof(Bucket) + room * (sizeof(Record) + 64);
  }

  // Multiplicative hashing: the upper half of the product says which part of the buckets. The vectors are
  // gone through by plain pointers, as their iterators hold a distance, which is computed anew at each copy.
  Bucket &bucket(std::size_t key) {
    const std::uint64_t hash = key * 0x9e3779b97f4a7c15;
    return buckets_->data()[static_cast<unsigned __int128>(hash) * buckets_->size() >> 64];
  }
  Record *find(std::size_t key) {
    const Bucket &b = bucket(key);
    const Entry *const entries = b.data();
    for (std::size_t i = 0; i < b.size(); ++i)
      if (entries[i].key == key) return records_->data() + entries[i].position;
    return nullptr;
  }
  Record *existing(std::size_t key) {
    Record *const found = find(key);
    if (found == nullptr) store_fails("kv_store", "a record is missing");
    return found;
  }

  boost::interprocess::managed_mapped_file file_;
  Vector<Bucket> *buckets_;
  Vector<Record> *records_;
};

}  // namespace bench
