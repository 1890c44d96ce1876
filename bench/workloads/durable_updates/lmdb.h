// LMDB, as its documentation uses it: one file, integer keys, a write transaction for each commit, synced.
#pragma once
#include <lmdb.h>

#include <cstring>
#include <string>

#include "harness/worker.h"

namespace bench {

class Store {
 public:
  explicit Store(const char *path) {
    require(mdb_env_create(&env_));
    require(mdb_env_set_mapsize(env_, std::size_t{1} << 30));
    require(mdb_env_open(env_, path, MDB_NOSUBDIR, 0600));
    begin();
    require(mdb_dbi_open(txn_, nullptr, MDB_INTEGERKEY, &dbi_));
    const std::string zeros(kRecordBytes, 0);
    for (std::size_t key = 0; key < kRecords; ++key) put(0, key, zeros.data());
    commit(0, 0);
  }
  void begin() { require(mdb_txn_begin(env_, nullptr, 0, &txn_)); }
  void put(unsigned, std::size_t key, const char *record) {
    MDB_val k{sizeof key, &key}, v{kRecordBytes, const_cast<char *>(record)};
    require(mdb_put(txn_, dbi_, &k, &v, 0));
  }
  void commit(unsigned, std::size_t) { require(mdb_txn_commit(txn_)); }
  void get(std::size_t key, char *record) {
    MDB_txn *txn;
    MDB_val k{sizeof key, &key}, v;
    require(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    require(mdb_get(txn, dbi_, &k, &v));
    std::memcpy(record, v.mv_data, kRecordBytes);
    mdb_txn_abort(txn);
  }
  void facts() const {}

 private:
  static void require(int error) {
    if (error == 0) return;
    std::fprintf(stderr, "lmdb: %s\n", mdb_strerror(error));
    std::exit(1);
  }
  MDB_env *env_ = nullptr;
  MDB_txn *txn_ = nullptr;
  MDB_dbi dbi_ = 0;
};

}  // namespace bench
