// SQLite: a write-ahead log, synchronous=FULL, prepared statements.
#pragma once
#include <sqlite3.h>

#include <cstring>

#include "backends/records.h"

namespace bench {

class Store {
 public:
  Store(const char *path, std::size_t records, std::size_t) {
    require(sqlite3_open(path, &db_) == SQLITE_OK);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("CREATE TABLE records (key INTEGER PRIMARY KEY, value BLOB)");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    put_ = prepare("REPLACE INTO records VALUES (?, ?)");
    get_ = prepare("SELECT value FROM records WHERE key = ?");
    scan_ = prepare("SELECT value FROM records WHERE key >= ? ORDER BY key LIMIT ?");
    load(*this, records);
    run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  void begin() { step(begin_, SQLITE_DONE); }
  void put(unsigned, std::size_t key, const char *record) {
    bind(put_, 1, key);
    require(sqlite3_bind_blob(put_, 2, record, kRecordBytes, SQLITE_STATIC) == SQLITE_OK);
    step(put_, SQLITE_DONE);
  }
  void commit(unsigned, std::size_t) { step(commit_, SQLITE_DONE); }
  void get(std::size_t key, char *record) {
    bind(get_, 1, key);
    std::memcpy(record, row(get_), kRecordBytes);
    sqlite3_reset(get_);
  }
  template <typename Visit>
  void scan(std::size_t first, std::size_t count, Visit visit) {
    bind(scan_, 1, first);
    bind(scan_, 2, count);
    for (std::size_t i = 0; i < count; ++i) visit(row(scan_));
    sqlite3_reset(scan_);
  }
  void facts() const {}

 private:
  void require(bool holds) {
    if (!holds) store_fails("sqlite", sqlite3_errmsg(db_));
  }
  void run(const char *sql) { require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
  sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *s = nullptr;
    require(sqlite3_prepare_v2(db_, sql, -1, &s, nullptr) == SQLITE_OK);
    return s;
  }
  void bind(sqlite3_stmt *s, int parameter, std::size_t number) {
    require(sqlite3_bind_int64(s, parameter, static_cast<sqlite3_int64>(number)) == SQLITE_OK);
  }
  void step(sqlite3_stmt *s, int expected) {
    require(sqlite3_step(s) == expected);
    sqlite3_reset(s);
  }
  const char *row(sqlite3_stmt *s) {
    require(sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == kRecordBytes);
    return static_cast<const char *>(sqlite3_column_blob(s, 0));
  }
  sqlite3 *db_ = nullptr;
  sqlite3_stmt *begin_, *commit_, *put_, *get_, *scan_;
};

}  // namespace bench
