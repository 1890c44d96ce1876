// libpmem (libpmem(7), PMDK 1.12) behind dlopen: the library does not depend on it.
#include <dlfcn.h>

#include <atomic>

#include "media/persist.h"
#include "platform/mutex.h"

namespace snapshot {
namespace {

struct Libpmem {
  void *(*memcpy)(void *to, const void *from, size_t bytes, unsigned flags);
  void (*flush)(const void *address, size_t bytes);
  void (*drain)();
  int (*is_pmem)(const void *address, size_t bytes);
};

// From libpmem.h; part of its stable ABI.
constexpr unsigned kNoDrain = 1u << 0;
constexpr unsigned kNonTemporal = 1u << 1;

constinit Libpmem libpmem{};

void copy_nt_libpmem(void *to, const void *from, u64 bytes) {
  libpmem.memcpy(to, from, bytes, kNoDrain | kNonTemporal);
}
void scatter_nt_libpmem(void *to, const u64 *runs, u64 count, const void *from) {
  auto *f = static_cast<const u8 *>(from);
  for (const u64 *const end = runs + count; runs != end; ++runs) {
    const Run run = Run::unpack(*runs);
    copy_nt_libpmem(static_cast<u8 *>(to) + run.first * kLineBytes, f, run.count * kLineBytes);
    f += run.count * kLineBytes;
  }
}
void write_back_libpmem(const void *from, u64 bytes) { libpmem.flush(from, bytes); }
void fence_libpmem() { libpmem.drain(); }

template <typename F>
bool find(void *library, const char *name, F *out) {
  *out = reinterpret_cast<F>(dlsym(library, name));
  return *out != nullptr;
}

constinit std::atomic<bool> found{false};

}  // namespace

void find_libpmem(PersistChoice choice) {
  static constinit Mutex mutex;
  static constinit bool looked = false;
  MutexLock lock(mutex);
  if (looked) return;
  looked = true;
  const int only_if_loaded = choice == PersistChoice::libpmem ? 0 : RTLD_NOLOAD;
  void *library = dlopen("libpmem.so.1", RTLD_NOW | RTLD_LOCAL | only_if_loaded);
  found.store(library != nullptr && find(library, "pmem_memcpy", &libpmem.memcpy) &&
                  find(library, "pmem_flush", &libpmem.flush) &&
                  find(library, "pmem_drain", &libpmem.drain) &&
                  find(library, "pmem_is_pmem", &libpmem.is_pmem),
              std::memory_order_release);
}

const PersistVerbs *libpmem_verbs() {
  static constinit PersistVerbs verbs{"libpmem", copy_nt_libpmem, scatter_nt_libpmem, write_back_libpmem,
                                      fence_libpmem};
  return found.load(std::memory_order_acquire) ? &verbs : nullptr;
}

bool libpmem_is_memory(const void *address, u64 bytes) {
  return found.load(std::memory_order_acquire) && libpmem.is_pmem(address, bytes) == 1;
}

}  // namespace snapshot
