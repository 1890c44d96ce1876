// LMDB, as its documentation uses it: one file, integer keys, a write transaction for each commit, synced;
// one read transaction, which is renewed.
#pragma once
#include <lmdb.h>

#include <cstring>

#include "backends/records.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t records, std::size_t room) {
    require(mdb_env_create(&env_));
    // The map only reserves addresses. What is freed is reused two transactions later.
    require(mdb_env_set_mapsize(env_, (std::size_t{1} << 30) + 512 * room));
    require(mdb_env_open(env_, path, MDB_NOSUBDIR, 0600));
    begin();
    require(mdb_dbi_open(txn_, nullptr, MDB_INTEGERKEY, &dbi_));
    require(mdb_txn_commit(txn_));
    load(*this, records);
    require(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader_));
    require(mdb_cursor_open(reader_, dbi_, &cursor_));
    mdb_txn_reset(reader_);
  }
  void begin() { require(mdb_txn_begin(env_, nullptr, 0, &txn_)); }
  void put(unsigned, std::size_t key, const char *record) {
    MDB_val k{sizeof key, &key}, v{kRecordBytes, const_cast<char *>(record)};
    require(mdb_put(txn_, dbi_, &k, &v, 0));
  }
  void commit(unsigned, std::size_t) { require(mdb_txn_commit(txn_)); }
  void get(std::size_t key, char *record) {
    MDB_val k{sizeof key, &key}, v;
    require(mdb_txn_renew(reader_));
    require(mdb_get(reader_, dbi_, &k, &v));
    std::memcpy(record, v.mv_data, kRecordBytes);
    mdb_txn_reset(reader_);
  }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    MDB_val k{sizeof first, &first}, v;
    require(mdb_txn_renew(reader_));
    require(mdb_cursor_renew(reader_, cursor_));
    int error = mdb_cursor_get(cursor_, &k, &v, MDB_SET);
    for (std::size_t i = 0; i < count; ++i) {
      require(error);
      visit(static_cast<const char *>(v.mv_data));
      if (i + 1 < count) error = mdb_cursor_get(cursor_, &k, &v, MDB_NEXT);
    }
    mdb_txn_reset(reader_);
  }
  void facts() const {}

 private:
  static void require(int error) {
    if (error != 0) store_fails("lmdb", mdb_strerror(error));
  }
  MDB_env *env_ = nullptr;
  MDB_txn *txn_ = nullptr, *reader_ = nullptr;
  MDB_cursor *cursor_ = nullptr;
  MDB_dbi dbi_ = 0;
};

}  // namespace bench
