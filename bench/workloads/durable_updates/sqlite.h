// SQLite: a write-ahead log, synchronous=FULL, prepared statements.
#pragma once
#include <sqlite3.h>

#include <cstring>
#include <string>

#include "harness/worker.h"

namespace bench {

class Store {
 public:
  explicit Store(const char *path) {
    require(sqlite3_open(path, &db_) == SQLITE_OK);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("CREATE TABLE records (key INTEGER PRIMARY KEY, value BLOB)");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    put_ = prepare("REPLACE INTO records VALUES (?, ?)");
    get_ = prepare("SELECT value FROM records WHERE key = ?");
    begin();
    const std::string zeros(kRecordBytes, 0);
    for (std::size_t key = 0; key < kRecords; ++key) put(0, key, zeros.data());
    commit(0, 0);
    run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  void begin() { step(begin_, SQLITE_DONE); }
  void put(unsigned, std::size_t key, const char *record) {
    require(sqlite3_bind_int64(put_, 1, static_cast<sqlite3_int64>(key)) == SQLITE_OK &&
            sqlite3_bind_blob(put_, 2, record, kRecordBytes, SQLITE_STATIC) == SQLITE_OK);
    step(put_, SQLITE_DONE);
  }
  void commit(unsigned, std::size_t) { step(commit_, SQLITE_DONE); }
  void get(std::size_t key, char *record) {
    require(sqlite3_bind_int64(get_, 1, static_cast<sqlite3_int64>(key)) == SQLITE_OK);
    require(sqlite3_step(get_) == SQLITE_ROW && sqlite3_column_bytes(get_, 0) == kRecordBytes);
    std::memcpy(record, sqlite3_column_blob(get_, 0), kRecordBytes);
    sqlite3_reset(get_);
  }
  void facts() const {}

 private:
  void require(bool holds) {
    if (holds) return;
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  void run(const char *sql) { require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
  sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *s = nullptr;
    require(sqlite3_prepare_v2(db_, sql, -1, &s, nullptr) == SQLITE_OK);
    return s;
  }
  void step(sqlite3_stmt *s, int expected) {
    require(sqlite3_step(s) == expected);
    sqlite3_reset(s);
  }
  sqlite3 *db_ = nullptr;
  sqlite3_stmt *begin_, *commit_, *put_, *get_;
};

}  // namespace bench
