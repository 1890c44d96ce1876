// Random updates of 100-byte records, 100,000 of them, durable at each commit. Compiled once for each system,
// by defining BENCH_STORE as the header to include. usage: durable_updates-STORE FILE [THREADS]
// The store is explained in backends/records.h. With several threads each has keys of its own, and one update
// a commit.
#include BENCH_STORE

#include "harness/worker.h"

#include <cstring>
#include <thread>
#include <vector>

#include "harness/random.h"

namespace {

constexpr std::size_t kRecords = 100'000;

class DurableUpdates {
 public:
  DurableUpdates(const char *path, unsigned threads) : store_(path, kRecords, kRecords) {
    for (unsigned t = 0; t < threads; ++t) randoms_.emplace_back(42 + 2 * t);
  }

  void run(std::uint64_t updates, std::uint64_t per_commit) {
    std::vector<std::thread> others;
    for (unsigned t = 1; t < randoms_.size(); ++t)
      others.emplace_back([=, this] { run_in(t, updates / randoms_.size(), per_commit); });
    run_in(0, updates / randoms_.size(), per_commit);
    for (std::thread &t : others) t.join();
  }

  void check() {
    bench::Digest digest;
    char record[104] = {};
    for (std::size_t key = 0; key < kRecords; ++key) {
      store_.get(key, record);
      for (std::size_t at = 0; at < sizeof record; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, record + at, sizeof word);
        digest.add(word);
      }
    }
    std::printf("digest=%llu", static_cast<unsigned long long>(digest.value()));
    store_.facts();
  }

 private:
  void run_in(unsigned t, std::uint64_t updates, std::uint64_t per_commit) {
    char record[104];
    std::size_t key = 0;
    for (std::uint64_t done = 0; done < updates; done += per_commit) {
      store_.begin();
      for (std::uint64_t i = 0; i < per_commit; ++i) {
        const std::uint64_t random = randoms_[t].next();
        key = random % (kRecords / randoms_.size()) * randoms_.size() + t;
        for (std::size_t at = 0; at < sizeof record; at += 8) std::memcpy(record + at, &random, 8);
        store_.put(t, key, record);
      }
      store_.commit(t, key);
    }
  }

  bench::Store store_;
  std::vector<bench::Random> randoms_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s FILE [THREADS]\n", argv[0]);
    return 2;
  }
  DurableUpdates workload(argv[1], argc == 3 ? static_cast<unsigned>(std::atoi(argv[2])) : 1);
  return bench::serve(workload);
}
