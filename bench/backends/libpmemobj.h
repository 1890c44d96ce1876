// libpmemobj's C transactions, as its users write them: an array is the pool's root object, and what is
// changed is added to the undo log by TX_ADD or TX_ADD_DIRECT before. Objects name each other by PMEMoid. The
// macros for typed ones (TX_NEW, TX_ADD, TX_FREE, D_RW) cannot be used in a template, so this has the
// functions that they stand for; as with D_RW, each access through a reference translates it anew. The
// interface is explained in no_persistence.h.
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

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "harness/worker.h"

namespace bench {

inline unsigned long long msync_calls = 0;

// TOID(T), with -> for D_RW(reference)->.
template <typename T>
struct PoolReference {
  PMEMoid oid{};

  T *operator->() const { return static_cast<T *>(pmemobj_direct(oid)); }
  T &operator*() const { return *operator->(); }
  bool operator==(std::nullptr_t) const { return OID_IS_NULL(oid); }
  bool operator==(const PoolReference &other) const { return OID_EQUALS(oid, other.oid); }
};

class Backend {
 public:
  using Word = std::uint64_t;
  template <typename T>
  using Reference = PoolReference<T>;

  void *open(const char *path, std::uint64_t bytes) {
    create(path, bytes);
    return root_object(bytes);
  }
  void open_heap(const char *path, std::uint64_t objects, std::uint64_t object_bytes) {
    // Its allocator has a header of 16 bytes and classes of 64, the smallest 128.
    create(path, objects * std::max<std::uint64_t>(128, (object_bytes + 16 + 63) / 64 * 64));
  }
  template <typename T>
  Reference<T> root() {
    (void)root_object(sizeof(T));
    return {pmemobj_root(pool_, sizeof(T))};
  }
  template <typename Body>
  void initialise(Body body) {
    body();
    pmemobj_persist(pool_, root_, bytes_);
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
  Reference<T> allocate() {
    return {pmemobj_tx_alloc(sizeof(T), kTypeNumber)};
  }
  template <typename T>
  void release(Reference<T> object) {
    pmemobj_tx_free(object.oid);
  }
  template <typename T>
  void will_change(Reference<T> object) {
    pmemobj_tx_add_range(object.oid, 0, sizeof(T));
  }
  template <typename T>
  void will_change(T *object) {
    TX_ADD_DIRECT(object);
  }
  void facts() { std::printf(" is_pmem=%d msync_calls=%llu", pmem_is_pmem(root_, bytes_), msync_calls); }

 private:
  static constexpr std::uint64_t kTypeNumber = 1;

  void create(const char *path, std::uint64_t bytes) {
    // Room for the data, and for lanes and allocator: what a user would round up to.
    pool_ = pmemobj_create(path, "snapshot-bench", bytes + bytes / 4 + PMEMOBJ_MIN_POOL, 0600);
    if (pool_ == nullptr) worker_fails(pmemobj_errormsg());
  }
  void *root_object(std::uint64_t bytes) {
    const PMEMoid root = pmemobj_root(pool_, bytes);
    if (OID_IS_NULL(root)) worker_fails(pmemobj_errormsg());
    bytes_ = bytes;
    root_ = pmemobj_direct(root);
    return root_;
  }

  PMEMobjpool *pool_ = nullptr;
  void *root_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench

// In front of libc's, for libpmem too: the program is linked with its symbols exported.
extern "C" int msync(void *address, size_t length, int flags) noexcept(false) {
  ++bench::msync_calls;
  return static_cast<int>(syscall(SYS_msync, address, length, flags));
}
