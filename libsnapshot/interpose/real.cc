#include "interpose/real.h"

#include <dlfcn.h>

#include "interpose/stub.h"

extern "C" __attribute__((visibility("hidden"))) snapshot::RealFunction __start_snapshot_real[];
extern "C" __attribute__((visibility("hidden"))) snapshot::RealFunction __stop_snapshot_real[];

namespace snapshot {

// Read by the stubs, stub.h. Until everything is resolved, every destination takes the slow path.
constinit u64 guarded_bytes = ~u64{0};

void *resolve_real_function(RealFunction &function) {
  if (__atomic_load_n(&function.absent, __ATOMIC_RELAXED)) return nullptr;
  void *address = dlsym(RTLD_NEXT, function.name);
  if (address == nullptr) {
    (void)dlerror();  // the program must not find our failure in its own dlerror()
    __atomic_store_n(&function.absent, true, __ATOMIC_RELAXED);
    return nullptr;
  }
  __atomic_store_n(&function.address, address, __ATOMIC_RELAXED);
  return address;
}

void resolve_real_functions() {
  static bool done = false;
  if (__atomic_load_n(&done, __ATOMIC_RELAXED)) return;
  bool complete = true;
  for (RealFunction *f = __start_snapshot_real; f != __stop_snapshot_real; ++f) {
    if (f->address == nullptr && resolve_real_function(*f) == nullptr) complete = false;
  }
  // The stubs jump through an address without looking at it, so they are let loose only when there are no
  // gaps. Release: no thread may see the new bound and an old address.
  if (complete) __atomic_store_n(&guarded_bytes, kRangeBytes, __ATOMIC_RELEASE);
  __atomic_store_n(&done, true, __ATOMIC_RELAXED);
}

}  // namespace snapshot
