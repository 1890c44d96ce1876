// A kernel, again and again, on an array whose lines are all dirty from the start to the end: what tracking
// costs a store when there is nothing to mark. Compiled once for each backend, by defining BENCH_BACKEND as
// the header to include. usage: dirty_lines-BACKEND FILE KERNEL; run's OPERATIONS are passes
#include "workloads/dirty_lines/kernels.h"

#include BENCH_BACKEND
#include "harness/random.h"
#include "harness/worker.h"

namespace {

using bench::kWords;

class DirtyLines {
 public:
  DirtyLines(const char *path, const bench::Kernel &kernel)
      : kernel_(kernel),
        array_(static_cast<std::uint64_t *>(backend_.open(path, kWords * sizeof(std::uint64_t)))) {
    backend_.initialise([this] { store_everywhere(); });
    store_everywhere();  // and no commit
  }

  void run(std::uint64_t passes, std::uint64_t) {
    for (std::uint64_t i = 0; i < passes; ++i) kernel_.run(array_, kWords, ++pass_);
  }

  void check() {
    bench::Digest digest;
    for (std::size_t i = 0; i < kWords; ++i) digest.add(array_[i]);
    backend_.transaction([] {});
    std::printf("digest=%llu words=%zu", static_cast<unsigned long long>(digest.value()), kWords);
    backend_.facts();
  }

 private:
  void store_everywhere() {
    for (std::size_t i = 0; i < kWords; ++i) array_[i] = i * 0x9e3779b97f4a7c15;
  }

  bench::Backend backend_;
  const bench::Kernel &kernel_;
  std::uint64_t *array_;
  std::uint64_t pass_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  const bench::Kernel *kernel = argc == 3 ? bench::find_kernel(argv[2]) : nullptr;
  if (kernel == nullptr) {
    std::fprintf(stderr, "usage: %s FILE KERNEL\n", argv[0]);
    return 2;
  }
  DirtyLines workload(argv[1], *kernel);
  return bench::serve(workload);
}
