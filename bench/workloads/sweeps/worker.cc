// Updates of so many bytes at random places of a working set, which lies at the begin of a file that may be
// much larger. Compiled once for each backend, by defining BENCH_BACKEND. usage: sweeps-BACKEND FILE
// FILE_BYTES WORKING_BYTES UPDATE_BYTES THREADS one|each
//   UPDATE_BYTES 0: reads one word instead, at a random place.
//   one, each: the threads share one file, or have one each. Each thread has updates of its own, in turn.
#include BENCH_BACKEND

#include "harness/worker.h"

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/random.h"

namespace {

struct alignas(64) Line {
  std::uint64_t words[8];
};

struct Shape {
  std::uint64_t file_bytes, working_bytes, update_bytes;
  unsigned threads;
  bool each;
};

class Sweep {
 public:
  Sweep(const char *path, const Shape &shape) : shape_(shape) {
    for (unsigned t = 0; t < shape.threads; ++t) {
      randoms_.emplace_back(42 + 2 * t);
      if (t != 0 && !shape.each) continue;
      backends_.push_back(std::make_unique<bench::Backend>());
      const std::string name = t == 0 ? path : path + std::to_string(t);
      arrays_.push_back(static_cast<char *>(backends_[t]->open(name.c_str(), shape.file_bytes)));
      initialise(*backends_[t], arrays_[t]);
    }
  }

  void run(std::uint64_t updates, std::uint64_t per_commit) {
    if (shape_.update_bytes == 0) return read_random(arrays_[0], updates);
    std::vector<std::thread> others;
    for (unsigned t = 1; t < shape_.threads; ++t)
      others.emplace_back([=, this] { run_in(t, updates / shape_.threads, per_commit); });
    run_in(0, updates / shape_.threads, per_commit);
    for (std::thread &t : others) t.join();
  }

  void check() {
    bench::Digest digest;
    for (const char *array : arrays_)
      for (std::uint64_t at = 0; at < shape_.working_bytes; at += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, array + at, sizeof word);
        digest.add(word);
      }
    std::printf("digest=%llu read=%llu bytes=%llu", static_cast<unsigned long long>(digest.value()),
                static_cast<unsigned long long>(read_.value()),
                static_cast<unsigned long long>(shape_.working_bytes));
    // Of several threads that commit at once, one may find nothing left to commit.
    if (shape_.threads == 1) backends_[0]->facts();
  }

 private:
  // Every page of the working set, as one commit, so that first touches are not in the figures.
  void initialise(bench::Backend &backend, char *array) {
    const auto fill = [&](bool announced) {
      for (std::uint64_t at = 0; at < shape_.working_bytes; at += sizeof(Line)) {
        auto *line = reinterpret_cast<Line *>(array + at);
        if (announced) backend.will_change(line);
        for (std::uint64_t &word : line->words) word = at;
      }
    };
    if (shape_.working_bytes == shape_.file_bytes)
      backend.initialise([&] { fill(false); });
    else
      backend.transaction([&] { fill(true); });
  }

  void read_random(const char *array, std::uint64_t reads) {
    std::uint64_t sum = 0, places = shape_.working_bytes / sizeof(Line);
    for (std::uint64_t i = 0; i < reads; ++i)
      sum += reinterpret_cast<const Line *>(array)[randoms_[0].next() % places].words[0];
    read_.add(sum);
  }

  void run_in(unsigned t, std::uint64_t updates, std::uint64_t per_commit) {
    bench::Backend &backend = *backends_[shape_.each ? t : 0];
    char *const array = arrays_[shape_.each ? t : 0];
    for (std::uint64_t done = 0; done < updates; done += per_commit)
      backend.transaction([&] {
        for (std::uint64_t i = 0; i < per_commit; ++i) update(backend, array, t, i, per_commit);
      });
  }

  // The i-th update of a commit goes to the i-th part of the places, so that none is updated twice; places
  // that are no multiple of a line apart are none that threads could share.
  void update(bench::Backend &backend, char *array, unsigned t, std::uint64_t i, std::uint64_t per_commit) {
    const std::uint64_t room = shape_.update_bytes < sizeof(Line) ? sizeof(Line) : shape_.update_bytes;
    const std::uint64_t places = shape_.working_bytes / room / shape_.threads, part = places / per_commit;
    const std::uint64_t random = randoms_[t].next();
    char *const at = array + ((i * part + random % part) * shape_.threads + t) * room;
    if (shape_.update_bytes < sizeof(Line)) {
      auto *word = reinterpret_cast<std::uint64_t *>(at);
      backend.will_change(word);
      *word += random;
      return;
    }
    for (std::uint64_t done = 0; done < room; done += sizeof(Line)) {
      auto *line = reinterpret_cast<Line *>(at + done);
      backend.will_change(line);
      for (std::uint64_t &word : line->words) word += random;
    }
  }

  Shape shape_;
  std::vector<std::unique_ptr<bench::Backend>> backends_;
  std::vector<char *> arrays_;
  std::vector<bench::Random> randoms_;
  bench::Digest read_;  // of what was read
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: %s FILE FILE_BYTES WORKING_BYTES UPDATE_BYTES THREADS one|each\n", argv[0]);
    return 2;
  }
  Sweep workload(argv[1], {std::strtoull(argv[2], nullptr, 0), std::strtoull(argv[3], nullptr, 0),
                           std::strtoull(argv[4], nullptr, 0), static_cast<unsigned>(std::atoi(argv[5])),
                           std::strcmp(argv[6], "each") == 0});
  return bench::serve(workload);
}
