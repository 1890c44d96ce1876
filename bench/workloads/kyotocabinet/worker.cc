// Random updates of 100-byte values in a Kyoto Cabinet hash database of a million records, one transaction
// for so many updates. Compiled with plain Kyoto Cabinet and, with WITH_SNAPSHOT, with the port
// (examples/kyotocabinet). usage: kyotocabinet_updates-KIND FILE soft|hard|none
//
// A value is replaced by one of the same size, so the file neither grows nor gets fragments: an update
// overwrites its record, some 130 bytes. All of the file is mapped.
#include "harness/worker.h"

#include <kchashdb.h>
#include <sys/stat.h>

#include <cinttypes>
#include <cstring>
#include <string>

#include "harness/random.h"
#ifdef WITH_SNAPSHOT
#include "snapshot/snapshot.h"
#endif

namespace {

constexpr std::uint64_t kRecords = 1000000;
constexpr std::int64_t kMappedBytes = 512 << 20;
constexpr std::size_t kValueBytes = 100;

class Updates {
 public:
  Updates(const char *path, const std::string &how)
      : path_(path), none_(how == "none"), hard_(how == "hard") {
    database_.tune_buckets(2 * kRecords);
    database_.tune_map(kMappedBytes);
    require(database_.open(path_, kyotocabinet::HashDB::OWRITER | kyotocabinet::HashDB::OCREATE));
    for (std::uint64_t i = 0; i < kRecords; ++i) update(i, i);
    require(database_.synchronize(true));
  }

  void run(std::uint64_t updates, std::uint64_t per_commit) {
    for (std::uint64_t done = 0; done < updates; done += per_commit) {
      if (!none_) require(database_.begin_transaction(hard_));
      for (std::uint64_t i = 0; i < per_commit; ++i) {
        const std::uint64_t random = random_.next();
        update((random >> 16) % kRecords, random);
      }
      if (!none_) require(database_.end_transaction(true));
      ++transactions_;
    }
  }

  // What each record has is compared by its key's order, by reading all of them.
  void check() {
    bench::Digest digest;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      char value[kValueBytes];
      const std::int32_t bytes = database_.get(reinterpret_cast<char *>(&i), sizeof i, value, sizeof value);
      require(bytes == kValueBytes);
      std::uint64_t word;
      std::memcpy(&word, value + kValueBytes - sizeof word, sizeof word);
      digest.add(word);
    }
    std::printf("digest=%" PRIu64 " count=%" PRId64 " transactions=%" PRIu64, digest.value(),
                database_.count(), transactions_);
    struct stat st;
    std::printf(" wal=%d", stat((path_ + ".wal").c_str(), &st) == 0 ? 1 : 0);
#ifdef WITH_SNAPSHOT
    snapshot_statistics s{};
    if (snapshot_get_statistics(&s, sizeof s) != 0) bench::worker_fails("snapshot_get_statistics");
    std::printf(" commits=%" PRIu64 " lines=%" PRIu64, s.commits, s.lines_committed);
#endif
  }

 private:
  void require(bool holds) {
    if (holds) return;
    std::fprintf(stderr, "%s: %s\n", path_.c_str(), database_.error().message());
    std::exit(1);
  }
  void update(std::uint64_t key, std::uint64_t number) {
    char value[kValueBytes];
    std::memset(value, static_cast<int>('a' + number % 26), sizeof value);
    std::memcpy(value + kValueBytes - sizeof number, &number, sizeof number);
    require(database_.set(reinterpret_cast<char *>(&key), sizeof key, value, sizeof value));
  }

  const std::string path_;
  const bool none_, hard_;
  kyotocabinet::HashDB database_;
  bench::Random random_{42};
  std::uint64_t transactions_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FILE soft|hard|none\n", argv[0]);
    return 2;
  }
  Updates workload(argv[1], argv[2]);
  return bench::serve(workload);
}
