// Stores and commits, with probes around both. usage: msync_breakdown-snapshot FILE PROBES
#include "harness/worker.h"

#include "backends/snapshot.h"
#include "workloads/msync_breakdown/probes.h"
#include "workloads/msync_breakdown/stores.h"

namespace {

class Breakdown {
 public:
  Breakdown(const char *path, const char *probes)
      : array_(static_cast<std::uint64_t *>(backend_.open(path, bench::kArrayBytes))) {
    const int fd = open(probes, O_RDWR | O_CLOEXEC);
    void *at = mmap(nullptr, sizeof *probes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) bench::worker_fails(probes);
    probes_ = static_cast<bench::Probes *>(at);
    // Every page, so that first touches are not in the figures.
    backend_.initialise([this] {
      for (std::uint64_t i = 0; i < bench::kArrayBytes / sizeof *array_; ++i) array_[i] = 0;
    });
  }

  void run(std::uint64_t lines, std::uint64_t per_commit) {
    for (std::uint64_t done = 0; done < lines; done += per_commit) {
      probes_->begin();
      backend_.transaction([&] {
        bench::store_to_lines(array_, per_commit, random_);
        probes_->end(bench::Part::stores);
      });
      probes_->end(bench::Part::rest);
    }
  }

  void check() {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < bench::kArrayBytes / sizeof *array_; ++i) sum += array_[i];
    std::printf("sum=%llu", static_cast<unsigned long long>(sum));
    backend_.facts();
  }

 private:
  bench::Backend backend_;
  bench::Probes *probes_ = nullptr;
  bench::Random random_{42};
  std::uint64_t *array_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FILE PROBES\n", argv[0]);
    return 2;
  }
  Breakdown workload(argv[1], argv[2]);
  return bench::serve(workload);
}
