// The three persist verbs for memory media: the only code that orders anything to persistent or CXL memory.
//
//   copy_nt     stores lines with non-temporal stores: weakly ordered, past the caches
//   write_back  writes lines that were stored ordinarily out of the caches: weakly ordered, too
//   fence       everything that this thread gave to the two before is durable when it returns
//
// Log and data are copied by copy_nt, which at the speeds of such media is the faster one for every size of
// copy and any number of copies to a fence; on DRAM it is so but for few lines to a fence, on some CPUs
// (bench/micro/flush_choice.cc, bench/README.md).
//
// Intel SDM vol. 1, 10.4.6.2 (non-temporal data) and vol. 2, CLWB, SFENCE. All are thread-safe and cannot
// fail.
#pragma once
#include "base/run.h"
#include "base/status.h"
#include "platform/settings.h"

namespace snapshot {

struct PersistVerbs {
  const char *name;
  // to and from are 64-byte aligned, bytes is a multiple of 64; they do not overlap.
  void (*copy_nt)(void *to, const void *from, u64 bytes);
  // The same for many runs (base/run.h), whose lines follow each other in from: each to where it lies when
  // line 0 lies at to.
  void (*scatter_nt)(void *to, const u64 *runs, u64 count, const void *from);
  void (*write_back)(const void *from, u64 bytes);
  void (*fence)();
};

// The verbs for the choice; automatic: the widest stores that the CPU has. ENODEV, with a message, for what
// this machine lacks (an instruction set, or libpmem.so.1).
Status select_persist_verbs(PersistChoice choice, const PersistVerbs **out);

// Finds libpmem, once: loads it if the settings choose it, else takes it if the program has loaded it
// already, so that nobody gets a library they did not ask for. Calls dlopen, whose lock another thread may
// hold while its constructor maps a file: not under a lock of ours.
void find_libpmem(PersistChoice choice);

// The libpmem variant; nullptr when it was not found.
const PersistVerbs *libpmem_verbs();

// Whether libpmem, where found, counts [address, address + bytes) as persistent memory (pmem_is_pmem(3): its
// users know PMEM_IS_PMEM_FORCE=1).
bool libpmem_is_memory(const void *address, u64 bytes);

}  // namespace snapshot
