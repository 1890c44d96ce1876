// The three persist verbs for memory media: the only code that orders anything to persistent or CXL memory.
//
//   copy_nt     stores lines with non-temporal stores: weakly ordered, past the caches
//   write_back  writes lines that were stored ordinarily out of the caches: weakly ordered, too
//   fence       everything that this thread gave to the two before is durable when it returns
//
// Intel SDM vol. 1, 10.4.6.2 (non-temporal data) and vol. 2, CLWB, SFENCE. All are thread-safe and cannot fail.
#pragma once
#include "base/layout.h"
#include "base/status.h"
#include "platform/settings.h"

namespace snapshot {

struct PersistVerbs {
  const char *name;
  // to and from are 64-byte aligned, bytes is a multiple of 64; they do not overlap.
  void (*copy_nt)(void *to, const void *from, u64 bytes);
  void (*write_back)(const void *from, u64 bytes);
  void (*fence)();
};

// The verbs for the choice; automatic: the widest stores that the CPU has. ENODEV, with a message, for what this
// machine lacks (an instruction set, or libpmem.so.1).
Status select_persist_verbs(PersistChoice choice, const PersistVerbs **out);

// The libpmem variant, loaded with dlopen so that the library does not depend on it; nullptr when it is absent.
const PersistVerbs *libpmem_verbs();

// Whether libpmem, when present, counts [address, address + bytes) as persistent memory (so does
// PMEM_IS_PMEM_FORCE=1, which its users know). false when libpmem is absent.
bool libpmem_is_memory(const void *address, u64 bytes);

}  // namespace snapshot
