// Stores of records of 100 bytes that are numbered from 0: the databases in this folder, and the stores that
// the workloads durable_updates and kv_store have of their own. A store is a class of this shape, so that a
// workload is written once and compiled for each:
//   Store(path, records, room)   a new one with so many records, all zeros, durable; room: how many there may
//                                ever be
//   begin()                      before the updates of a commit
//   put(thread, key, record)     one of them; a new key is the next number
//   commit(thread, key)          all since begin() are durable on return, if the system can, as a whole; key:
//                                the last one
//   get(key, record)             between commits
//   scan(first, count, visit)    between commits: visit(record) for so many from first on; for kv_store
//   facts()                      prints KEY=VALUE words that show that the system did what it should
// What goes wrong ends the process with a message.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace bench {

constexpr std::size_t kRecordBytes = 100;

// For a new store without a faster way, 10,000 records to a commit: a log or a cache need not hold all.
constexpr std::size_t kLoadedPerCommit = 10'000;
constexpr std::uint64_t load_commits(std::size_t records) {
  return (records + kLoadedPerCommit - 1) / kLoadedPerCommit;
}
template <typename Store>
void load(Store &store, std::size_t records) {
  const char zeros[kRecordBytes] = {};
  for (std::size_t key = 0; key < records;) {
    const std::size_t end = std::min(key + kLoadedPerCommit, records);
    store.begin();
    for (; key < end; ++key) store.put(0, key, zeros);
    store.commit(0, key - 1);
  }
}

// The scan of a store that has no order of keys: one key is looked up after the other.
template <typename Store, typename Visit>
void scan_by_key(Store &store, std::size_t first, std::size_t count, Visit visit) {
  char record[kRecordBytes];
  for (std::size_t key = first; key < first + count; ++key) {
    store.get(key, record);
    visit(record);
  }
}

[[noreturn]] inline void store_fails(const char *system, const char *message) {
  std::fprintf(stderr, "%s: %s\n", system, message);
  std::exit(1);
}

}  // namespace bench
