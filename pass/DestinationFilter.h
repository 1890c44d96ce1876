//===- DestinationFilter.h - which writes need no tracking ----------------===//
//
// The second step of the pass: a write whose destination provably is not in a
// mapped file is skipped. "Provably" means that every object the address may be
// based on is known, and that the address stays within that object.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_DESTINATIONFILTER_H
#define SNAPSHOT_PASS_DESTINATIONFILTER_H

#include "StoreCollector.h"

namespace snapshot {

enum class Fate {
  Track,
  SkipStack,        ///< an alloca or an argument passed by value
  SkipStackAlias,   ///< one of several of these, behind phis or selects
  SkipGlobal,       ///< a global variable
  SkipThreadLocal,  ///< a thread-local variable
  SkipAllocation,   ///< a fresh result of malloc, operator new, ...
  SkipAddressSpace, ///< relative to a segment register, or 32 bits wide
  SkipEmpty,        ///< zero bytes
};
constexpr unsigned FateCount = unsigned(Fate::SkipEmpty) + 1;

/// How remarks and statistics name it.
const char *fateName(Fate F);

class DestinationFilter {
public:
  DestinationFilter(const llvm::TargetLibraryInfo &TLI, bool TrackAllocations)
      : TLI(TLI), TrackAllocations(TrackAllocations) {}

  Fate decide(const Write &W) const;

private:
  Fate decideAddress(const llvm::Value *Address) const;
  Fate decideObject(const llvm::Value *Object) const;
  bool isFreshAllocation(const llvm::Value *Object) const;

  const llvm::TargetLibraryInfo &TLI;
  bool TrackAllocations;
};

} // namespace snapshot

#endif
