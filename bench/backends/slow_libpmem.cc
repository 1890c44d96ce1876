// libpmem with injected latency: a library of the same name, found first where LD_LIBRARY_PATH says so, that
// leaves the work to the real one and then takes the time of a slower medium (harness/slow_medium.h) for each
// line and each fence. libpmemobj does all its flushing through libpmem, and so does libsnapshot with
// SNAPSHOT_PERSIST=libpmem: both pay the same, and neither knows. BENCH_LINE_NS and BENCH_LATENCY_NS: the
// medium's speed; unset: no latency.
//
// Only writes are slower. Reading from such media is slower, too, which Snapshot's working copy in DRAM is
// spared.
#include <dlfcn.h>
#include <libpmem.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "harness/slow_medium.h"

namespace bench {
namespace {

struct Libpmem {
  decltype(&pmem_memcpy) memcpy;
  decltype(&pmem_memmove) memmove;
  decltype(&pmem_memset) memset;
  decltype(&pmem_flush) flush;
  decltype(&pmem_drain) drain;
  decltype(&pmem_deep_flush) deep_flush;
  decltype(&pmem_is_pmem) is_pmem;
  decltype(&pmem_msync) msync;
};

template <typename F>
void find(void *library, const char *name, F *out) {
  *out = reinterpret_cast<F>(dlsym(library, name));
  if (*out != nullptr) return;
  std::fprintf(stderr, "slow libpmem: the real one has no %s\n", name);
  std::abort();
}

// By its path: by its name it is this library. DEEPBIND: what it calls itself is not taken for its users'
// calls.
const Libpmem &real() {
  static const Libpmem libpmem = [] {
    void *const library = dlopen(BENCH_REAL_LIBPMEM, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library == nullptr) {
      std::fprintf(stderr, "slow libpmem: %s\n", dlerror());
      std::abort();
    }
    Libpmem found{};
    find(library, "pmem_memcpy", &found.memcpy);
    find(library, "pmem_memmove", &found.memmove);
    find(library, "pmem_memset", &found.memset);
    find(library, "pmem_flush", &found.flush);
    find(library, "pmem_drain", &found.drain);
    find(library, "pmem_deep_flush", &found.deep_flush);
    find(library, "pmem_is_pmem", &found.is_pmem);
    find(library, "pmem_msync", &found.msync);
    return found;
  }();
  return libpmem;
}

double variable(const char *name) {
  const char *const text = std::getenv(name);
  return text == nullptr ? 0 : std::atof(text);
}

const MediumSpeed &speed() {
  static const MediumSpeed configured{variable("BENCH_LINE_NS"), variable("BENCH_LATENCY_NS")};
  return configured;
}

bool is_slow() { return speed().line_ns != 0 || speed().latency_ns != 0; }

SlowMedium &medium() {
  thread_local SlowMedium one(speed());
  return one;
}

void wrote(const void *address, std::size_t bytes) {
  if (!is_slow() || bytes == 0) return;
  const auto first = reinterpret_cast<std::uintptr_t>(address) / 64;
  const auto last = (reinterpret_cast<std::uintptr_t>(address) + bytes - 1) / 64;
  medium().write(last - first + 1);
}

void fence() {
  real().drain();
  if (is_slow()) medium().fence();
}

// What the real one has done, flags are those of libpmem.h.
void *copied(void *to, std::size_t bytes, unsigned flags) {
  if ((flags & PMEM_F_MEM_NOFLUSH) != 0) return to;
  wrote(to, bytes);
  if ((flags & PMEM_F_MEM_NODRAIN) == 0) fence();
  return to;
}

}  // namespace
}  // namespace bench

// All that libpmemobj and libsnapshot call; with the version that libpmem gives them (slow_libpmem.map).
extern "C" {
void *pmem_memcpy(void *to, const void *from, size_t bytes, unsigned flags) {
  return bench::copied(bench::real().memcpy(to, from, bytes, flags), bytes, flags);
}
void *pmem_memmove(void *to, const void *from, size_t bytes, unsigned flags) {
  return bench::copied(bench::real().memmove(to, from, bytes, flags), bytes, flags);
}
void *pmem_memset(void *to, int c, size_t bytes, unsigned flags) {
  return bench::copied(bench::real().memset(to, c, bytes, flags), bytes, flags);
}
void pmem_flush(const void *address, size_t bytes) {
  bench::real().flush(address, bytes);
  bench::wrote(address, bytes);
}
void pmem_deep_flush(const void *address, size_t bytes) {
  bench::real().deep_flush(address, bytes);
  bench::wrote(address, bytes);
}
void pmem_drain() { bench::fence(); }
void pmem_persist(const void *address, size_t bytes) {
  pmem_flush(address, bytes);
  bench::fence();
}
int pmem_is_pmem(const void *address, size_t bytes) { return bench::real().is_pmem(address, bytes); }
int pmem_msync(const void *address, size_t bytes) { return bench::real().msync(address, bytes); }
}
