// The worker of a data structure in a file: it is filled, read as a whole, and emptied again, over and over.
// The structure is a class of this shape:
//   kNodeBytes, nodes_for(values)   how much room its nodes take
//   Structure(backend); make()      an empty one; make is called inside initialise
//   insert(value), erase(value)     inside a transaction; erase returns whether it was there
//   read()                          the sum of all values, in its natural order
//   contents(count_max)             looks at everything, at count_max values at most
// usage: WORKER FILE VALUES_MAX [VALUES]
// With VALUES so many are in it at the beginning, inserted in one transaction.
#pragma once
#include <cinttypes>
#include <cstdlib>
#include <cstring>

#include "harness/random.h"
#include "harness/structure_contents.h"
#include "harness/worker.h"

namespace bench {

template <typename Backend, template <typename> typename Structure>
class StructureWorker {
 public:
  StructureWorker(const char *path, std::uint64_t values_max, std::uint64_t values)
      : values_max_(values_max), structure_(backend_) {
    backend_.open_heap(path, Structure<Backend>::nodes_for(values_max), Structure<Backend>::kNodeBytes);
    backend_.initialise([this] { structure_.make(); });
    if (values > 0) insert(values, values);
  }

  void run(const char *phase, std::uint64_t operations, std::uint64_t per_commit) {
    if (std::strcmp(phase, "insert") == 0) {
      insert(operations, per_commit);
    } else if (std::strcmp(phase, "delete") == 0) {
      erase(operations, per_commit);
    } else {
      sum_ = structure_.read();
    }
  }

  void check() {
    const Contents contents = structure_.contents(values_max_);
    std::printf("count=%" PRIu64 " digest=%" PRIu64 " intact=%d sum=%" PRIu64 " missing=%" PRIu64,
                contents.count, contents.digest, contents.intact, sum_, missing_);
    backend_.facts();
  }

 private:
  void insert(std::uint64_t operations, std::uint64_t per_commit) {
    for (std::uint64_t done = 0; done < operations; done += per_commit)
      backend_.transaction([this, per_commit] {
        for (std::uint64_t i = 0; i < per_commit; ++i) structure_.insert(inserted_.next());
      });
  }
  // In the order in which they were inserted.
  void erase(std::uint64_t operations, std::uint64_t per_commit) {
    for (std::uint64_t done = 0; done < operations; done += per_commit)
      backend_.transaction([this, per_commit] {
        for (std::uint64_t i = 0; i < per_commit; ++i) missing_ += !structure_.erase(erased_.next());
      });
  }

  Backend backend_;
  std::uint64_t values_max_;
  Structure<Backend> structure_;
  Random inserted_{42}, erased_{42};
  std::uint64_t sum_ = 0, missing_ = 0;
};

template <typename Backend, template <typename> typename Structure>
int structure_worker(int argc, char **argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: %s FILE VALUES_MAX [VALUES]\n", argv[0]);
    return 2;
  }
  StructureWorker<Backend, Structure> worker(argv[1], std::strtoull(argv[2], nullptr, 10),
                                             argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 0);
  return serve(worker);
}

}  // namespace bench
