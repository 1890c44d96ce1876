#include "CheckEmitter.h"

#include "snapshot/abi.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace snapshot {

// What calls need of a debug location: the write's own, or line 0 of the
// function. The verifier wants one wherever the function has debug information.
static DebugLoc locationFor(const Instruction &I) {
  if (I.getDebugLoc())
    return I.getDebugLoc();
  if (DISubprogram *Subprogram = I.getFunction()->getSubprogram())
    return DILocation::get(I.getContext(), 0, 0, Subprogram);
  return DebugLoc();
}

// A block of its own on the edge on which an exception leaves \p From. Several
// calls share a landing pad: it is duplicated.
static BasicBlock *splitUnwindEdge(BasicBlock *From, BasicBlock *Pad) {
  SmallVector<BasicBlock *, 2> Blocks;
  SplitLandingPadPredecessors(Pad, {From}, ".snapshot", ".others", Blocks);
  return Blocks.front();
}

// The places directly after \p I: one, or one on each edge if it ends a block
// (asm goto, or a call that may throw).
static SmallVector<Instruction *, 2> placesAfter(Instruction *I) {
  if (!I->isTerminator())
    return {I->getNextNode()};
  SmallVector<Instruction *, 2> Places;
  SmallPtrSet<BasicBlock *, 4> Seen;
  for (unsigned N = 0; N < I->getNumSuccessors(); ++N) {
    BasicBlock *Next = I->getSuccessor(N);
    if (!Seen.insert(Next).second)
      continue;
    if (!Next->getUniquePredecessor())
      Next = Next->isLandingPad()
                 ? splitUnwindEdge(I->getParent(), Next)
                 : SplitCriticalEdge(
                       I, N,
                       CriticalEdgeSplittingOptions().setMergeIdenticalEdges());
    if (!Next || Next->getFirstInsertionPt() == Next->end()) {
      I->getContext().emitError(
          I, "snapshot: cannot track what this instruction writes");
      continue;
    }
    Seen.insert(Next);
    Places.push_back(&*Next->getFirstInsertionPt());
  }
  return Places;
}

static Value *plainPointer(IRBuilder<> &B, Value *Address) {
  if (Address->getType()->getPointerAddressSpace() == 0)
    return Address;
  return B.CreateAddrSpaceCast(Address, B.getPtrTy());
}

// For an integer address or a vector of them.
Value *CheckEmitter::isInRange(IRBuilder<> &B, Value *Integer) {
  Type *Ty = Integer->getType();
  Value *Window = B.CreateLShr(
      Integer, ConstantInt::get(Ty, uint64_t(SNAPSHOT_RANGE_BITS)));
  return B.CreateICmpEQ(Window,
                        ConstantInt::get(Ty, uint64_t(SNAPSHOT_RANGE_INDEX)));
}

Value *CheckEmitter::laneAddresses(IRBuilder<> &B, const Destination &Dest) {
  auto *VectorTy = FixedVectorType::get(B.getInt64Ty(), Dest.Lanes);
  if (!Dest.Index && !Dest.Stride)
    return B.CreatePtrToInt(Dest.Address, VectorTy);

  Value *Base = B.CreateVectorSplat(
      Dest.Lanes, B.CreatePtrToInt(Dest.Address, B.getInt64Ty()));
  Value *Steps;
  if (Dest.Index) {
    SmallVector<int, 16> First(Dest.Lanes);
    for (unsigned I = 0; I < Dest.Lanes; ++I)
      First[I] = int(I);
    Steps =
        B.CreateSExtOrTrunc(B.CreateShuffleVector(Dest.Index, First), VectorTy);
  } else {
    SmallVector<Constant *, 16> Numbers;
    for (unsigned I = 0; I < Dest.Lanes; ++I)
      Numbers.push_back(B.getInt64(I));
    Value *Stride = B.CreateSExtOrTrunc(Dest.Stride, B.getInt64Ty());
    Steps = B.CreateMul(B.CreateVectorSplat(Dest.Lanes, Stride),
                        ConstantVector::get(Numbers));
  }
  Steps = B.CreateMul(Steps, ConstantInt::get(VectorTy, Dest.Scale));
  return B.CreateAdd(Base, Steps);
}

// All lanes are tested at once; if one that is written is in the range, all are
// marked: a mark of what is not managed does nothing, and one of a line that
// did not change is harmless.
void CheckEmitter::prepareLanes(IRBuilder<> &B, const Destination &Dest,
                                Prepared &P) {
  P.Lanes = B.CreateFreeze(laneAddresses(B, Dest));
  Value *InRange = isInRange(B, P.Lanes);
  if (Dest.Mask)
    InRange = B.CreateAnd(InRange, B.CreateFreeze(Dest.Mask));
  P.InRange = B.CreateOrReduce(InRange);
}

CheckEmitter::Prepared CheckEmitter::prepare(IRBuilder<> &B, const Check &C) {
  Prepared P;
  const Destination &First = C.Spans.front();
  if (!First.isSingleAddress()) {
    prepareLanes(B, First, P);
  } else {
    for (const Destination &Span : C.Spans) {
      Value *Address = plainPointer(B, Span.Address);
      // Branching on an undefined address is undefined behaviour, which a
      // write that does not happen is not.
      P.Addresses.push_back(Span.Conditional ? B.CreateFreeze(Address)
                                             : Address);
    }
    Value *Checked = C.Base ? plainPointer(B, C.Base) : P.Addresses.front();
    if (isChecked())
      P.InRange = isInRange(B, B.CreatePtrToInt(Checked, B.getInt64Ty()));
  }
  return P;
}

static constexpr uint64_t LineBytes = uint64_t(1) << SNAPSHOT_LINE_SHIFT;

// The line map's byte for the line of \p Address, an integer, is zero. The
// runtime writes the map at the same time, so the load is atomic. The
// sanitizers do not know the map and should not look at the load.
static Value *isClean(IRBuilder<> &B, Value *Address) {
  constexpr uint64_t MapMinusFirstLine =
      SNAPSHOT_LINE_MAP_BASE - (SNAPSHOT_WORKING_BASE >> SNAPSHOT_LINE_SHIFT);
  Value *Line = B.CreateLShr(Address, uint64_t(SNAPSHOT_LINE_SHIFT));
  Value *Entry = B.CreateIntToPtr(
      B.CreateAdd(Line, B.getInt64(MapMinusFirstLine)), B.getPtrTy());
  LoadInst *Mark =
      B.CreateAlignedLoad(B.getInt8Ty(), Entry, Align(1), /*isVolatile=*/true);
  Mark->setAtomic(AtomicOrdering::Monotonic);
  Mark->setMetadata(LLVMContext::MD_nosanitize,
                    MDNode::get(B.getContext(), {}));
  return B.CreateIsNull(Mark);
}

// Splits before \p Before and returns the end of a block that runs only when a
// line of the destination, which has one or two, is not marked. Alignments say
// what a program has promised, not what it does: on x86 a misaligned store goes
// well, and storage engines count on that.
//
// The loads must see the map as it is after the store: a commit clears the
// mark, has a fence executed on every running thread, and only then copies the
// line. The fence here orders the two for the compiler; it costs no
// instruction.
Instruction *CheckEmitter::enterIfClean(Instruction *Before, Value *Pointer,
                                        const Destination &Dest) {
  IRBuilder<> B(Before);
  B.CreateFence(AtomicOrdering::SequentiallyConsistent,
                SyncScope::SingleThread);
  Value *Address = B.CreatePtrToInt(Pointer, B.getInt64Ty());
  Value *Clean = isClean(B, Address);
  if (Dest.Bytes > 1)
    Clean = B.CreateOr(
        Clean, isClean(B, B.CreateAdd(Address, B.getInt64(Dest.Bytes - 1))));
  return SplitBlockAndInsertIfThen(Clean, Before, /*Unreachable=*/false);
}

static Value *sizeOf(IRBuilder<> &B, Value *Address, const Destination &Dest) {
  if (Dest.End)
    return B.CreateSub(B.CreatePtrToInt(Dest.End, B.getInt64Ty()),
                       B.CreatePtrToInt(Address, B.getInt64Ty()));
  if (!Dest.DynamicBytes)
    return B.getInt64(Dest.Bytes);
  Value *Bytes = B.CreateZExtOrTrunc(Dest.DynamicBytes, B.getInt64Ty());
  return Dest.Scale == 1 ? Bytes : B.CreateMul(Bytes, B.getInt64(Dest.Scale));
}

void CheckEmitter::emitCalls(IRBuilder<> &B, const Check &C, const Prepared &P,
                             FunctionCallee Callee) {
  auto EmitCall = [&](Value *Address, Value *Bytes) {
    CallInst *Call = B.CreateCall(Callee, {Address, Bytes});
    Call->setCallingConv(CallingConv::PreserveMost);
    Call->setDoesNotThrow();
  };
  const Destination &First = C.Spans.front();
  if (P.Lanes) {
    for (unsigned I = 0; I < First.Lanes; ++I)
      EmitCall(B.CreateIntToPtr(B.CreateExtractElement(P.Lanes, uint64_t(I)),
                                B.getPtrTy()),
               B.getInt64(First.Bytes));
    return;
  }
  for (auto [Address, Span] : zip(P.Addresses, C.Spans))
    EmitCall(Address, sizeOf(B, Address, Span));
}

void CheckEmitter::emitAt(Instruction *Before, const Check &C,
                          const Prepared &P, FunctionCallee Callee) {
  if (isChecked()) {
    MDNode *Unlikely = MDBuilder(Before->getContext())
                           .createBranchWeights(1, (uint32_t(1) << 20) - 1);
    Before = SplitBlockAndInsertIfThen(P.InRange, Before,
                                       /*Unreachable=*/false, Unlikely);
  }
  const Destination &First = C.Spans.front();
  if (CodeMode == Mode::Full && !C.Announced && C.Spans.size() == 1 &&
      First.isSimple() && First.Bytes <= LineBytes) {
    Before = enterIfClean(Before, P.Addresses.front(), First);
    Callee = Symbols.markClean();
  }

  IRBuilder<> B(Before);
  B.SetCurrentDebugLocation(locationFor(*C.Last));
  if (CodeMode == Mode::Check) // something, lest the check be removed
    B.CreateCall(InlineAsm::get(FunctionType::get(B.getVoidTy(), false), "", "",
                                /*hasSideEffects=*/true));
  else
    emitCalls(B, C, P, Callee);
}

void CheckEmitter::emit(const Check &C) {
  Prepared P;
  if (C.Announced) {
    IRBuilder<> B(C.Last);
    P = prepare(B, C);
    emitAt(C.Last, C, P, Symbols.announce());
  }
  for (Instruction *Place : placesAfter(C.Last)) {
    if (!C.Announced) {
      IRBuilder<> B(Place);
      P = prepare(B, C);
    }
    emitAt(Place, C, P, C.Announced ? Symbols.markAnnounced() : Symbols.mark());
  }
}

} // namespace snapshot
