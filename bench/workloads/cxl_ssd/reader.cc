// Accesses to random pages of a file on the emulated CXL SSD: seven loads to a store. usage: cxl_ssd-reader
// FILE BYTES
#include <cstdlib>

#include "backends/no_persistence.h"
#include "harness/random.h"
#include "harness/worker.h"

namespace {

class Reader {
 public:
  Reader(const char *path, std::uint64_t bytes)
      : bytes_(bytes), words_(static_cast<std::uint64_t *>(backend_.open(path, bytes))) {}

  void run(std::uint64_t accesses, std::uint64_t) {
    for (std::uint64_t i = 0; i < accesses; ++i) {
      volatile std::uint64_t *const word = words_ + random_.next() % (bytes_ / sizeof *words_);
      const std::uint64_t value = *word;
      if (i % 8 != 7) continue;
      *word = value + 1;
      ++stores_;
    }
  }

  void check() { std::printf("stores=%llu", static_cast<unsigned long long>(stores_)); }

 private:
  bench::Backend backend_;
  bench::Random random_{42};
  std::uint64_t bytes_, stores_ = 0;
  std::uint64_t *words_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FILE BYTES\n", argv[0]);
    return 2;
  }
  Reader workload(argv[1], std::strtoull(argv[2], nullptr, 0));
  return bench::serve(workload);
}
