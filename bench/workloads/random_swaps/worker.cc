// Random 8-byte swaps in a 64 MiB array, one commit per so many swaps. Compiled once for each backend, by
// defining BENCH_BACKEND as the header to include. usage: random_swaps-BACKEND FILE
//
// Two random slots of 8 Mi exchange their contents: two dirty lines for each swap, nearly always, on pages
// that a TLB does not hold. The array was stored to and committed as a whole before, so first touches are not
// in the figures.
#include BENCH_BACKEND

#include "harness/worker.h"

#include <vector>

#include "harness/random.h"

namespace {

constexpr std::uint64_t kSlots = std::uint64_t{8} << 20;
static_assert((kSlots & (kSlots - 1)) == 0, "the slots are chosen by a mask");

class RandomSwaps {
  using Word = bench::Backend::Word;

 public:
  explicit RandomSwaps(const char *path)
      : array_(static_cast<Word *>(backend_.open(path, kSlots * sizeof(Word)))) {
    backend_.initialise([this] {
      for (std::uint64_t i = 0; i < kSlots; ++i) array_[i] = i;
    });
  }

  void run(std::uint64_t swaps, std::uint64_t per_commit) {
    for (std::uint64_t done = 0; done < swaps; done += per_commit)
      backend_.transaction([this, per_commit] {
        for (std::uint64_t i = 0; i < per_commit; ++i) swap();
      });
  }

  void check() {
    std::vector<bool> seen(kSlots);
    bench::Digest digest;
    bool permutation = true;
    for (std::uint64_t i = 0; i < kSlots; ++i) {
      const std::uint64_t value = array_[i];
      permutation = permutation && value < kSlots && !seen[value];
      seen[value % kSlots] = true;
      digest.add(value);
    }
    std::printf("digest=%llu permutation=%d", static_cast<unsigned long long>(digest.value()), permutation);
    backend_.facts();
  }

 private:
  void swap() {
    const std::uint64_t random = random_.next();
    Word *a = &array_[random & (kSlots - 1)];
    Word *b = &array_[(random >> 32) & (kSlots - 1)];
    const std::uint64_t was_a = *a, was_b = *b;
    backend_.will_change(a);
    backend_.will_change(b);
    *a = was_b;
    *b = was_a;
  }

  bench::Backend backend_;
  bench::Random random_{42};
  Word *array_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  RandomSwaps workload(argv[1]);
  return bench::serve(workload);
}
