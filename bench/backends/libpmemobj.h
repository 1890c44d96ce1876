// libpmemobj's C transactions, as its users write them: the array is the pool's root object, each slot is
// added to the undo log by TX_ADD_DIRECT before it is changed. The interface is explained in
// no_persistence.h.
//
// It flushes only if it takes the pool for persistent memory, which on tmpfs PMEM_IS_PMEM_FORCE=1 tells it;
// otherwise it would call msync, which on tmpfs does nothing and costs a lot. facts() shows which of the two
// it was.
#pragma once
#include <dlfcn.h>
#include <libpmem.h>
#include <libpmemobj.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "harness/worker.h"

namespace bench {

inline unsigned long long msync_calls = 0;

class Backend {
 public:
  using Word = std::uint64_t;

  void *open(const char *path, std::uint64_t bytes) {
    // Room for the array, and for lanes and allocator: what a user would round up to.
    pool_ = pmemobj_create(path, "snapshot-bench", bytes + bytes / 4 + PMEMOBJ_MIN_POOL, 0600);
    if (pool_ == nullptr) worker_fails(pmemobj_errormsg());
    const PMEMoid root = pmemobj_root(pool_, bytes);
    if (OID_IS_NULL(root)) worker_fails(pmemobj_errormsg());
    array_ = pmemobj_direct(root);
    bytes_ = bytes;
    return array_;
  }
  template <typename Body>
  void initialise(Body body) {
    body();
    pmemobj_persist(pool_, array_, bytes_);
    msync_calls = 0;  // creating a pool may need some
  }
  // Stays out of line, as setjmp in TX_BEGIN keeps locals of the function around it in memory.
  template <typename Body>
  __attribute__((noinline)) void transaction(Body body) {
    TX_BEGIN(pool_) { body(); }
    TX_ONABORT { worker_fails(pmemobj_errormsg()); }
    TX_END
  }
  template <typename T>
  void will_change(T *object) {
    TX_ADD_DIRECT(object);
  }
  void facts() { std::printf(" is_pmem=%d msync_calls=%llu", pmem_is_pmem(array_, bytes_), msync_calls); }

 private:
  PMEMobjpool *pool_ = nullptr;
  void *array_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench

// In front of libc's, for libpmem too: the program is linked with its symbols exported.
extern "C" int msync(void *address, size_t length, int flags) noexcept(false) {
  ++bench::msync_calls;
  return static_cast<int>(syscall(SYS_msync, address, length, flags));
}
