// A store (subject.h) on LMDB with MDB_WRITEMAP. With NOSYNC defined, each operation is a transaction of its
// own, none of them synced (MDB_NOSYNC), and mdb_env_sync is what makes a batch durable; otherwise a batch is
// one transaction.
#pragma once

#include <lmdb.h>
#include <sys/stat.h>

#include <algorithm>

#include "subject.h"

namespace real_programs {

using records::Operation;
using records::Records;

#ifdef NOSYNC
inline constexpr bool one_transaction = false;
inline constexpr unsigned flags = MDB_NOSUBDIR | MDB_WRITEMAP | MDB_NOSYNC;
#else
inline constexpr bool one_transaction = true;
inline constexpr unsigned flags = MDB_NOSUBDIR | MDB_WRITEMAP;
#endif
inline constexpr size_t first_map_bytes = 256 << 10;   // much less than the file will have
inline constexpr size_t batch_bytes_max = 1536 << 10;  // more than a batch ever takes

inline MDB_val val(const std::string &text) { return {text.size(), const_cast<char *>(text.data())}; }
inline std::string text(const MDB_val &v) { return {static_cast<const char *>(v.mv_data), v.mv_size}; }

inline void demand(int error, const char *what) {
  if (error != 0) quit(EXIT_USAGE, "%s: %s", what, mdb_strerror(error));
}
inline void must_be_readable(int error, const char *what) {
  if (error != 0) quit(EXIT_DAMAGED, "damaged: %s: %s", what, mdb_strerror(error));
}

class Lmdb : public Store {
 public:
  // mode: MDB_RDONLY, or 0.
  explicit Lmdb(unsigned mode = 0) : mode_(mode) {}

  void open(const char *file) override {
    struct stat st;
    const bool is_new = stat(file, &st) != 0 || st.st_size == 0;
    demand(mdb_env_create(&env_), "mdb_env_create");
    // A file that is there knows its own.
    if (is_new) demand(mdb_env_set_mapsize(env_, first_map_bytes), "mdb_env_set_mapsize");
    must_be_readable(mdb_env_open(env_, file, flags | mode_, 0644), "mdb_env_open");
    MDB_txn *transaction;
    must_be_readable(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &transaction), "mdb_txn_begin");
    must_be_readable(mdb_dbi_open(transaction, nullptr, 0, &dbi_), "mdb_dbi_open");
    must_be_readable(mdb_txn_commit(transaction), "mdb_txn_commit");
  }

  Records read_all() override {
    Records all;
    MDB_txn *transaction;
    MDB_cursor *cursor;
    int begun = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &transaction);
    if (begun == MDB_MAP_RESIZED) {  // by another process
      must_be_readable(mdb_env_set_mapsize(env_, 0), "mdb_env_set_mapsize");
      begun = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &transaction);
    }
    must_be_readable(begun, "mdb_txn_begin");
    must_be_readable(mdb_cursor_open(transaction, dbi_, &cursor), "mdb_cursor_open");
    MDB_val key, value, again;
    int error;
    while ((error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
      must_be_readable(mdb_get(transaction, dbi_, &key, &again), "mdb_get");
      check_is(text(value) == text(again), "a record has two values", all.size());
      check_is(all.emplace(text(key), text(value)).second, "a record is there twice", all.size());
    }
    if (error != MDB_NOTFOUND) must_be_readable(error, "mdb_cursor_get");
    MDB_stat stat;
    must_be_readable(mdb_stat(transaction, dbi_, &stat), "mdb_stat");
    check_is(stat.ms_entries == all.size(), "the number of records", stat.ms_entries);
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    return all;
  }

  void begin() override {
    full_ = false;
    if (one_transaction)
      begin_transaction();
    else if (room() < batch_bytes_max)
      grow();  // with each transaction on its own there is no going back in the midst of a batch
  }

  void perform(const Operation &o) override {
    if (!one_transaction) begin_transaction();
    apply(o);
    if (!one_transaction) end_transaction();
  }

  void commit() override {
    if (one_transaction)
      end_transaction();
    else
      demand(mdb_env_sync(env_, 1), "mdb_env_sync");
  }

  bool fits() override {
    if (full_) grow();
    return !full_;
  }

  void abort_one(std::uint64_t number, std::uint64_t seed) override {
    begin_transaction();
    const std::uint64_t dice = random_number(seed + 2, number);
    if (dice % 8 == 0) note(mdb_drop(transaction_, dbi_, 0), "mdb_drop");
    for (std::uint64_t i = 0; i < dice % 50; ++i) apply(records::operation(seed + 3, number + i));
    apply(counter_is(999999999));
    mdb_txn_abort(transaction_);
  }

  void close() override { mdb_env_close(env_); }

 private:
  void begin_transaction() { demand(mdb_txn_begin(env_, nullptr, 0, &transaction_), "mdb_txn_begin"); }

  // A transaction that has met a full map can only be aborted.
  void end_transaction() {
    if (full_)
      mdb_txn_abort(transaction_);
    else
      note(mdb_txn_commit(transaction_), "mdb_txn_commit");
    if (full_ && !one_transaction) demand(MDB_MAP_FULL, "a batch");
  }

  void note(int error, const char *what) {
    full_ = full_ || error == MDB_MAP_FULL;
    if (!full_) demand(error, what);
  }

  void apply(const Operation &o) {
    if (full_) return;
    MDB_val key = val(o.key);
    if (o.kind == Operation::remove) {
      if (const int error = mdb_del(transaction_, dbi_, &key, nullptr); error != MDB_NOTFOUND)
        note(error, "mdb_del");
      return;
    }
    std::string value = o.value;
    MDB_val before;
    if (o.kind == Operation::append && mdb_get(transaction_, dbi_, &key, &before) == 0)
      value = text(before) + value;
    MDB_val v = val(value);
    note(mdb_put(transaction_, dbi_, &key, &v, 0), "mdb_put");
  }

  size_t room() {
    MDB_envinfo info;
    MDB_stat stat;
    demand(mdb_env_info(env_, &info), "mdb_env_info");
    demand(mdb_env_stat(env_, &stat), "mdb_env_stat");
    return info.me_mapsize - std::min<size_t>((info.me_last_pgno + 1) * stat.ms_psize, info.me_mapsize);
  }

  void grow() {
    MDB_envinfo info;
    demand(mdb_env_info(env_, &info), "mdb_env_info");
    demand(mdb_env_set_mapsize(env_, info.me_mapsize + std::max(info.me_mapsize, batch_bytes_max)),
           "mdb_env_set_mapsize");
  }

  const unsigned mode_;
  MDB_env *env_ = nullptr;
  MDB_dbi dbi_ = 0;
  MDB_txn *transaction_ = nullptr;
  bool full_ = false;  // the map is too small for the transaction
};

}  // namespace real_programs
