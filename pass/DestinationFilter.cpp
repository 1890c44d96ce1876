#include "DestinationFilter.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace snapshot {

// Address spaces 256 to 258 are relative to a segment register: thread-local
// data. 270 and 271 hold 32-bit pointers: below any working range. 272 holds
// ordinary 64-bit ones.
static constexpr unsigned Pointer64AddressSpace = 272;

// A web of phis and selects with more values than this is not looked through;
// being wrong about it costs a check.
static constexpr unsigned MaxValues = 64;

const char *fateName(Fate F) {
  switch (F) {
  case Fate::Track:
    return "tracked";
  case Fate::SkipStack:
    return "stack";
  case Fate::SkipStackAlias:
    return "stack-alias";
  case Fate::SkipGlobal:
    return "global";
  case Fate::SkipThreadLocal:
    return "thread-local";
  case Fate::SkipAllocation:
    return "fresh-allocation";
  case Fate::SkipAddressSpace:
    return "address-space";
  case Fate::SkipEmpty:
    return "empty";
  }
  return "?";
}

// By name and not by attribute: a function that merely promises a fresh object
// (noalias, __attribute__((malloc))) may well be an allocator over a mapped
// file. A definition in this module is a replacement, about which the name
// says nothing.
bool DestinationFilter::isFreshAllocation(const Value *Object) const {
  const auto *Call = dyn_cast<CallBase>(Object);
  const Function *Callee = Call ? Call->getCalledFunction() : nullptr;
  LibFunc Known;
  if (!Callee || !Callee->isDeclaration() || TrackAllocations ||
      !TLI.getLibFunc(*Callee, Known) || !TLI.has(Known))
    return false;
  switch (Known) {
  case LibFunc_malloc:
  case LibFunc_calloc:
  case LibFunc_realloc:
  case LibFunc_aligned_alloc:
  case LibFunc_memalign:
  case LibFunc_valloc:
  case LibFunc_strdup:
  case LibFunc_strndup:
  case LibFunc_dunder_strdup:
  case LibFunc_dunder_strndup:
  case LibFunc_Znwm: // operator new(size_t), and its variants
  case LibFunc_ZnwmRKSt9nothrow_t:
  case LibFunc_ZnwmSt11align_val_t:
  case LibFunc_ZnwmSt11align_val_tRKSt9nothrow_t:
  case LibFunc_Znam: // operator new[](size_t), and its variants
  case LibFunc_ZnamRKSt9nothrow_t:
  case LibFunc_ZnamSt11align_val_t:
  case LibFunc_ZnamSt11align_val_tRKSt9nothrow_t:
    return true;
  default:
    return false;
  }
}

Fate DestinationFilter::decideObject(const Value *Object) const {
  if (isa<AllocaInst>(Object))
    return Fate::SkipStack;
  if (const auto *Arg = dyn_cast<Argument>(Object))
    return Arg->hasPassPointeeByValueCopyAttr() || Arg->hasSwiftErrorAttr()
               ? Fate::SkipStack
               : Fate::Track;
  if (const auto *Global = dyn_cast<GlobalValue>(Object))
    return Global->isThreadLocal() ? Fate::SkipThreadLocal : Fate::SkipGlobal;
  if (const auto *Call = dyn_cast<IntrinsicInst>(Object))
    if (Call->getIntrinsicID() == Intrinsic::threadlocal_address)
      return Fate::SkipThreadLocal;
  if (isFreshAllocation(Object))
    return Fate::SkipAllocation;
  return Fate::Track;
}

// Whether an address that \p V adds to a base remains in the base's object. An
// inbounds computation does by definition, and no program leaves an object by
// constants. Anything else may be a way from one object to another, as in the
// offset pointers of Boost.Interprocess: (char *)this + offset.
static bool staysInObject(const Value *V) {
  const auto *GEP = dyn_cast<GEPOperator>(V);
  return !GEP || GEP->isInBounds() || GEP->hasAllConstantIndices();
}

Fate DestinationFilter::decideAddress(const Value *Address) const {
  SmallVector<const Value *, 8> Work = {Address};
  SmallPtrSet<const Value *, 8> Seen;
  Fate Result = Fate::Track;
  bool IsAlias = false;
  while (!Work.empty()) {
    const Value *V = Work.pop_back_val();
    if (!Seen.insert(V).second)
      continue;
    if (Seen.size() > MaxValues || !staysInObject(V))
      return Fate::Track;
    // One step at a time, so that no address computation is passed unseen.
    if (const Value *Next = getUnderlyingObject(V, 1); Next != V) {
      Work.push_back(Next);
    } else if (const auto *Phi = dyn_cast<PHINode>(V)) {
      append_range(Work, Phi->incoming_values());
      IsAlias = true;
    } else if (const auto *Select = dyn_cast<SelectInst>(V)) {
      Work.push_back(Select->getTrueValue());
      Work.push_back(Select->getFalseValue());
      IsAlias = true;
    } else if (const auto *Freeze = dyn_cast<FreezeInst>(V)) {
      Work.push_back(Freeze->getOperand(0));
    } else {
      Result = decideObject(V);
      if (Result == Fate::Track)
        return Result;
    }
  }
  // They may differ; any one says why.
  return IsAlias && Result == Fate::SkipStack ? Fate::SkipStackAlias : Result;
}

Fate DestinationFilter::decide(const Write &W) const {
  if (W.Dest.Bytes == 0 && !W.Dest.DynamicBytes && !W.Dest.End)
    return Fate::SkipEmpty;
  auto *PointerTy =
      cast<PointerType>(W.Dest.Address->getType()->getScalarType());
  if (PointerTy->getAddressSpace() != 0 &&
      PointerTy->getAddressSpace() != Pointer64AddressSpace)
    return Fate::SkipAddressSpace;
  return decideAddress(W.Dest.Address);
}

} // namespace snapshot
