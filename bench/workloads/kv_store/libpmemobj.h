// The same store on libpmemobj's transactions, as its users write one: what is changed is added to the undo
// log before, what nobody can see yet is only declared to be flushed, and a bucket that is full moves to a
// new object of twice the size. Objects are found through their ids, but for the two arrays, whose addresses
// are kept while the pool is open.
//
// Transactions begin and end by function, as libpmemobj's C++ bindings have them; what goes wrong in one ends
// the process. Whether it flushes or calls msync is explained in backends/libpmemobj.h.
#pragma once
#include <cstring>

#include "backends/libpmemobj.h"
#include "backends/records.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t records, std::size_t room) : room_(room) {
    // The smallest object takes 128 bytes. Room for the allocator's own, and for what moves.
    pool_ = pmemobj_create(
        path, "snapshot-bench",
        PMEMOBJ_MIN_POOL + records * sizeof(Bucket) + room * (kRecordBytes + 160) + (std::size_t{64} << 20),
        0600);
    require(pool_ != nullptr);
    const PMEMoid root = pmemobj_root(pool_, sizeof(Root));
    require(!OID_IS_NULL(root));
    root_ = direct<Root>(root);
    // Zeros are empty buckets.
    require(pmemobj_zalloc(pool_, &root_->buckets, records * sizeof(Bucket), 1) == 0);
    require(pmemobj_alloc(pool_, &root_->records, room * kRecordBytes, 2, nullptr, nullptr) == 0);
    buckets_ = direct<Bucket>(root_->buckets);
    records_ = direct<Record>(root_->records);
    hashed_to_ = records;
    load(*this, records);
    msync_calls = 0;  // creating a pool may need some
  }

  void begin() { require(pmemobj_tx_begin(pool_, nullptr, TX_PARAM_NONE) == 0); }
  void put(unsigned, std::size_t key, const char *record) {
    if (Record *const found = find(key); found != nullptr) {
      will_change(found, sizeof *found, 0);
      std::memcpy(found->bytes, record, kRecordBytes);
      return;
    }
    if (root_->count == room_) store_fails("kv_store", "no room for another record");
    push_back(bucket(key), {key, root_->count});
    Record &fresh = records_[root_->count];
    will_change(&fresh, sizeof fresh, POBJ_XADD_NO_SNAPSHOT);
    std::memcpy(fresh.bytes, record, kRecordBytes);
    will_change(&root_->count, sizeof root_->count, 0);
    ++root_->count;
  }
  void commit(unsigned, std::size_t) {
    pmemobj_tx_commit();
    require(pmemobj_tx_end() == 0);
  }
  void get(std::size_t key, char *record) { std::memcpy(record, existing(key)->bytes, kRecordBytes); }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    const Record *const begin = existing(first);
    for (std::size_t i = 0; i < count; ++i) visit(begin[i].bytes);
  }
  void facts() const {
    std::printf(" is_pmem=%d msync_calls=%llu", pmem_is_pmem(records_, room_ * kRecordBytes), msync_calls);
  }

 private:
  struct Entry {
    std::uint64_t key, position;
  };
  struct Bucket {
    PMEMoid entries;
    std::uint64_t size, capacity;
  };
  struct Record {
    char bytes[kRecordBytes];
  };
  struct Root {
    PMEMoid buckets, records;
    std::uint64_t count;
  };

  static void require(bool holds) {
    if (!holds) store_fails("libpmemobj", pmemobj_errormsg());
  }
  template <typename T>
  static T *direct(PMEMoid id) {
    return static_cast<T *>(pmemobj_direct(id));
  }
  static void will_change(void *range, std::size_t bytes, std::uint64_t flags) {
    require(pmemobj_tx_xadd_range_direct(range, bytes, flags) == 0);
  }

  Bucket &bucket(std::size_t key) {
    const std::uint64_t hash = key * 0x9e3779b97f4a7c15;
    return buckets_[static_cast<std::size_t>(static_cast<unsigned __int128>(hash) * hashed_to_ >> 64)];
  }
  void push_back(Bucket &b, Entry entry) {
    if (b.size == b.capacity) {
      const std::uint64_t capacity = b.capacity == 0 ? 1 : 2 * b.capacity;
      const PMEMoid larger = pmemobj_tx_alloc(capacity * sizeof(Entry), 3);
      require(!OID_IS_NULL(larger));
      will_change(&b, sizeof b, 0);
      if (b.capacity != 0) {
        std::memcpy(direct<Entry>(larger), direct<Entry>(b.entries), b.size * sizeof(Entry));
        require(pmemobj_tx_free(b.entries) == 0);
      }
      b.entries = larger;
      b.capacity = capacity;
    } else {
      will_change(&b.size, sizeof b.size, 0);
    }
    Entry *const fresh = direct<Entry>(b.entries) + b.size;
    will_change(fresh, sizeof *fresh, POBJ_XADD_NO_SNAPSHOT);
    *fresh = entry;
    ++b.size;
  }
  Record *find(std::size_t key) {
    const Bucket &b = bucket(key);
    const Entry *const entries = direct<Entry>(b.entries);
    for (std::uint64_t i = 0; i < b.size; ++i)
      if (entries[i].key == key) return &records_[entries[i].position];
    return nullptr;
  }
  Record *existing(std::size_t key) {
    Record *const found = find(key);
    if (found == nullptr) store_fails("kv_store", "a record is missing");
    return found;
  }

  PMEMobjpool *pool_ = nullptr;
  Root *root_ = nullptr;
  Bucket *buckets_ = nullptr;
  Record *records_ = nullptr;
  std::uint64_t hashed_to_ = 0, room_;
};

}  // namespace bench
