// Operations of YCSB on a store of 100-byte records, each write durable when it returns. Compiled once for
// each system, by defining BENCH_STORE as the header to include (backends/records.h). usage: kv_store-STORE
// FILE RECORDS ROOM
//
// The operations are drawn before the clock runs. All stores draw the same ones, and do the same with them: a
// read takes a copy of the record, a scan adds up each of its records, a read-modify-write is a read and then
// an update with what it read. So at the end records and what was read have one digest in all of them.
#include BENCH_STORE

#include "harness/worker.h"

#include <cstring>
#include <vector>

#include "harness/random.h"
#include "workloads/kv_store/ycsb.h"

namespace {

using bench::Kind;
using bench::Operation;

class KvStore {
 public:
  KvStore(const char *path, std::size_t records, std::size_t room)
      : store_(path, records, room),
        operations_(records, 42),
        initial_commits_(bench::load_commits(records)) {}

  void use(char letter) { operations_.use(letter); }
  void prepare(std::uint64_t count, std::uint64_t) {
    drawn_.clear();
    while (drawn_.size() < count) drawn_.push_back(operations_.next());
  }
  void run(std::uint64_t, std::uint64_t) {
    for (const Operation &operation : drawn_) execute(operation);
  }

  void check() {
    bench::Digest records;
    for (std::size_t key = 0; key < operations_.records(); ++key) records.add(read(key));
    std::printf("digest=%llu-%llu writes=%llu initial_commits=%llu",
                static_cast<unsigned long long>(records.value()),
                static_cast<unsigned long long>(read_.value()), static_cast<unsigned long long>(writes_),
                static_cast<unsigned long long>(initial_commits_));
    store_.facts();
  }

 private:
  // The last word is in the record by half.
  static constexpr std::size_t kWords = (bench::kRecordBytes + 7) / 8, kTail = bench::kRecordBytes % 8;

  static std::uint64_t sum(const char *record) {
    std::uint64_t total = 0, word = 0;
    std::memcpy(&word, record + bench::kRecordBytes - kTail, kTail);
    for (std::size_t i = 0; i < bench::kRecordBytes / 8; ++i) {
      total += word;
      std::memcpy(&word, record + 8 * i, sizeof word);
    }
    return total + word;
  }
  std::uint64_t read(std::uint64_t key) {
    char record[8 * kWords];
    store_.get(key, record);
    return sum(record);
  }
  void write(std::uint64_t key, std::uint64_t value) {
    std::uint64_t record[kWords];
    for (std::uint64_t &word : record) word = value++;
    store_.begin();
    store_.put(0, key, reinterpret_cast<const char *>(record));
    store_.commit(0, key);
    ++writes_;
  }
  void execute(const Operation &operation) {
    switch (operation.kind) {
      case Kind::read:
        read_.add(read(operation.key));
        break;
      case Kind::update:
      case Kind::insert:
        write(operation.key, values_.next());
        break;
      case Kind::scan: {
        std::uint64_t total = 0;
        store_.scan(operation.key, operation.length, [&total](const char *record) { total += sum(record); });
        read_.add(total);
        break;
      }
      case Kind::read_modify_write: {
        const std::uint64_t found = read(operation.key);
        read_.add(found);
        write(operation.key, found ^ values_.next());
        break;
      }
    }
  }

  bench::Store store_;
  bench::Ycsb operations_;
  bench::Random values_{43};
  std::vector<Operation> drawn_;
  bench::Digest read_;
  std::uint64_t initial_commits_, writes_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s FILE RECORDS ROOM\n", argv[0]);
    return 2;
  }
  KvStore workload(argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
  return bench::serve(workload);
}
