// The contract between the compiler pass (pass/) and the runtime (libsnapshot/).
//
// Not for applications: they use snapshot.h. Everything here may change with SNAPSHOT_ABI_VERSION. Every
// instrumented object holds a reference to SNAPSHOT_ABI_SYMBOL, which the runtime defines, so that a plugin
// and a runtime that disagree on this file, or on the working range, fail at link time and say which they
// want.
#ifndef SNAPSHOT_ABI_H
#define SNAPSHOT_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/version.h"

#define SNAPSHOT_ABI_VERSION 1

#define SNAPSHOT_ABI_GLUE2(version, range) __snapshot_abi_v##version##_range_##range
#define SNAPSHOT_ABI_GLUE(version, range) SNAPSHOT_ABI_GLUE2(version, range)
#define SNAPSHOT_ABI_SYMBOL SNAPSHOT_ABI_GLUE(1, SNAPSHOT_RANGE_TAG)

// A managed address is one with (address >> SNAPSHOT_RANGE_BITS) == SNAPSHOT_RANGE_INDEX. The inline check of
// the pass is exactly this comparison; whether a file is mapped there is the runtime's business.
#define SNAPSHOT_RANGE_INDEX (SNAPSHOT_WORKING_BASE >> SNAPSHOT_RANGE_BITS)

// A line is the unit of tracking: 64 bytes, 64-byte aligned. The line map has one byte for each line of the
// working range, at LINE_MAP + ((address - WORKING_BASE) >> LINE_SHIFT); nonzero: dirty. The pass may read
// it, only the runtime writes it. It is readable wherever a store to the working range could have succeeded.
#define SNAPSHOT_LINE_SHIFT 6
#define SNAPSHOT_LINE_MAP_BASE (SNAPSHOT_WORKING_BASE + (UINT64_C(4) << SNAPSHOT_RANGE_BITS))

#ifdef __cplusplus
extern "C" {
#endif

// The cold paths keep all general-purpose registers but r11, so that an instrumented function does not pay
// for them in its hot part. Implementations and callers must agree: the pass uses CallingConv::PreserveMost.
// A call must not be bound lazily, because glibc's _dl_runtime_resolve changes r10: the pass declares the
// functions nonlazybind, and whoever calls them from C or C++ links with -Wl,-z,now.
#if defined(__clang__)
#define SNAPSHOT_COLD_CALL __attribute__((preserve_most))
#else
#define SNAPSHOT_COLD_CALL
#endif

// Bytes [address, address + size) have just been stored to. Called after the store, in the same thread, with
// no call, atomic, volatile access, asm, fence or block end between. size 0 does nothing. Any address is
// allowed; what is not managed is ignored. Async-signal-safe, never fails, never blocks, does not touch
// errno.
SNAPSHOT_COLD_CALL void __snapshot_mark(const volatile void *address, size_t size);

// The same for an address in the working range and a size that is not 0, when the line map was read after the
// store and a line that was stored to found clean.
SNAPSHOT_COLD_CALL void __snapshot_mark_clean(const volatile void *address, size_t size);

// For writes that other threads may act on at once (atomics, volatile, inline asm): announce before the
// write, then mark_announced with the same arguments right after it. A commit that runs in between includes
// the announced lines. Pairs may nest through signal handlers, and in no other way.
SNAPSHOT_COLD_CALL void __snapshot_announce(const volatile void *address, size_t size);
SNAPSHOT_COLD_CALL void __snapshot_mark_announced(const volatile void *address, size_t size);

// Defined by the runtime for the link-time check; its value is SNAPSHOT_ABI_VERSION.
extern const uint32_t SNAPSHOT_ABI_SYMBOL;

#ifdef __cplusplus
}
#endif
#endif
