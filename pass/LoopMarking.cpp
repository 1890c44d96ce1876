#include "LoopMarking.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

#include <tuple>

using namespace llvm;

namespace snapshot {

// A step, or a gap, of less than a line skips no line.
static constexpr int64_t LineBytes = 64;

// The check is repeated at each place where the loop ends.
static constexpr size_t MaxPlaces = 4;

// In the terms of SCEVExpander: what computing the start of a range again may
// cost. A few additions, no division.
static constexpr unsigned ExpansionBudget = 4;

// The blocks that a loop is left from.
using Exits = SmallVector<BasicBlock *, 4>;

static Exits exitsOf(const Loop &L) {
  Exits Blocks;
  L.getExitingBlocks(Blocks);
  return Blocks;
}

static BasicBlock *successorOutside(const BasicBlock *Exit, const Loop &L) {
  return *find_if(successors(const_cast<BasicBlock *>(Exit)),
                  [&](const BasicBlock *Next) { return !L.contains(Next); });
}

// Whether the block is an end of the loop and of nothing else, so that the
// check can be put there for all edges that lead to it.
static bool isReachedFromLoopOnly(BasicBlock *Out, const Loop &L) {
  return all_of(predecessors(Out),
                [&](const BasicBlock *From) { return L.contains(From); });
}

static size_t countPlaces(const Loop &L) {
  SmallPtrSet<BasicBlock *, 4> Shared;
  size_t Edges = 0;
  for (BasicBlock *Exit : exitsOf(L)) {
    BasicBlock *Out = successorOutside(Exit, L);
    if (isReachedFromLoopOnly(Out, L))
      Shared.insert(Out);
    else
      ++Edges;
  }
  return Shared.size() + Edges;
}

namespace {
struct Member {
  size_t Index;   // in the list of writes
  int64_t Offset; // from the group's first
  int64_t End;
  bool Always; // made by each iteration that comes to an end of the loop, or
               // taken to be
};

// Writes of one loop with one step, at constant distances.
struct Group {
  Loop *L;
  const SCEV *First;
  int64_t Step;
  SmallVector<Member, 4> Members;
};

class Finder {
public:
  Finder(Function &F, FunctionAnalysisManager &FAM, WriteList &Writes)
      : Writes(Writes), LI(FAM.getResult<LoopAnalysis>(F)),
        DT(FAM.getResult<DominatorTreeAnalysis>(F)),
        SE(FAM.getResult<ScalarEvolutionAnalysis>(F)),
        TTI(FAM.getResult<TargetIRAnalysis>(F)),
        Expander(SE, F.getParent()->getDataLayout(), "snapshot",
                 /*PreserveLCSSA=*/false) {}

  LoopRangeList run();

private:
  bool canMarkAfter(Loop &L);
  bool isAlwaysMade(const Instruction &I, const Loop &L) const;
  bool isStartCheap(Value *Address, Loop &L);
  std::optional<int64_t> stepOf(const SCEV *Address, const Value *V,
                                const Loop &L);
  void add(size_t Index);
  void finish(Group &G, LoopRangeList &Ranges, BitVector &Taken);

  WriteList &Writes;
  LoopInfo &LI;
  DominatorTree &DT;
  ScalarEvolution &SE;
  TargetTransformInfo &TTI;
  SCEVExpander Expander;
  DenseMap<Loop *, bool> CanMarkAfter;
  SmallVector<Group, 4> Groups;
};
} // namespace

// Whether nothing in the loop lets the program commit, and code can be put on
// each edge that leaves it.
bool Finder::canMarkAfter(Loop &L) {
  auto [Known, IsNew] = CanMarkAfter.try_emplace(&L, false);
  if (!IsNew)
    return Known->second;
  Exits Blocks = exitsOf(L);
  if (!L.getLoopLatch() || Blocks.empty())
    return false;
  for (BasicBlock *Exit : Blocks)
    if (!isa<BranchInst>(Exit->getTerminator()))
      return false;
  if (countPlaces(L) > MaxPlaces)
    return false;
  for (BasicBlock *BB : L.blocks())
    if (any_of(*BB, isMarkBarrier))
      return false;
  return CanMarkAfter[&L] = true;
}

bool Finder::isAlwaysMade(const Instruction &I, const Loop &L) const {
  const BasicBlock *BB = I.getParent();
  return DT.dominates(BB, L.getLoopLatch()) &&
         all_of(exitsOf(L),
                [&](const BasicBlock *Exit) { return DT.dominates(BB, Exit); });
}

// The value of \p V in the loop's first iteration, where GEPs lead to it from
// values that are there before the loop; else null. They are repeated before
// \p Before, if that is given.
static Value *valueAtStart(Value *V, const Loop &L, Instruction *Before) {
  if (L.isLoopInvariant(V))
    return V;
  if (auto *Phi = dyn_cast<PHINode>(V)) {
    BasicBlock *Entry = L.getLoopPredecessor();
    return Entry && Phi->getParent() == L.getHeader()
               ? Phi->getIncomingValueForBlock(Entry)
               : nullptr;
  }
  auto *GEP = dyn_cast<GetElementPtrInst>(V);
  if (!GEP)
    return nullptr;
  SmallVector<Value *, 4> Operands;
  for (Value *Operand : GEP->operands()) {
    Operands.push_back(valueAtStart(Operand, L, Before));
    if (!Operands.back())
      return nullptr;
  }
  if (all_of(drop_begin(Operands), [](Value *Index) {
        auto *Number = dyn_cast<ConstantInt>(Index);
        return Number && Number->isZero();
      }))
    return Operands.front();
  if (!Before)
    return V;
  Instruction *Copy = GEP->clone();
  for (unsigned I = 0; I < Operands.size(); ++I)
    Copy->setOperand(I, Operands[I]);
  Copy->insertBefore(Before);
  return Copy;
}

// The start of the range, which the first iteration's address is, is computed
// again after the loop. Not if that took a division, which may be by zero for
// all that is known: the place of a key in a hash table is such an address.
bool Finder::isStartCheap(Value *Address, Loop &L) {
  if (L.isLoopInvariant(Address))
    return true;
  const SCEV *Start = cast<SCEVAddRecExpr>(SE.getSCEV(Address))->getStart();
  Instruction *At = L.getHeader()->getFirstNonPHI();
  return Expander.isSafeToExpandAt(Start, At) &&
         !Expander.isHighCostExpansion({Start}, &L, ExpansionBudget, &TTI, At);
}

// How far the address moves with each iteration, if that is always the same.
std::optional<int64_t> Finder::stepOf(const SCEV *Address, const Value *V,
                                      const Loop &L) {
  if (L.isLoopInvariant(V))
    return 0;
  auto *Moving = dyn_cast<SCEVAddRecExpr>(Address);
  if (!Moving || Moving->getLoop() != &L || !Moving->isAffine())
    return std::nullopt;
  auto *Step = dyn_cast<SCEVConstant>(Moving->getStepRecurrence(SE));
  if (!Step)
    return std::nullopt;
  return Step->getAPInt().getSExtValue();
}

void Finder::add(size_t Index) {
  const Write &W = Writes[Index];
  Loop *L = LI.getLoopFor(W.Inst->getParent());
  if (!L || W.Announced || W.Inst->isTerminator() || !W.Dest.isSimple() ||
      isMarkBarrier(*W.Inst) || !canMarkAfter(*L))
    return;
  const SCEV *Address = SE.getSCEV(W.Dest.Address);
  std::optional<int64_t> Step = stepOf(Address, W.Dest.Address, *L);
  if (!Step)
    return;
  // To mark one place that no iteration came to write does no harm.
  Member M{Index, 0, int64_t(W.Dest.Bytes),
           *Step == 0 || isAlwaysMade(*W.Inst, *L)};
  for (Group &G : Groups) {
    if (G.L != L || G.Step != *Step)
      continue;
    auto *Distance = dyn_cast<SCEVConstant>(SE.getMinusSCEV(Address, G.First));
    if (Distance) {
      M.Offset = Distance->getAPInt().getSExtValue();
      M.End += M.Offset;
      G.Members.push_back(M);
      return;
    }
  }
  Groups.push_back({L, Address, *Step, {M}});
}

// Makes a range of the group if what its iterations always write has no gaps.
// Writes that are made in some iterations only belong to it where they lie
// within what is written anyway.
void Finder::finish(Group &G, LoopRangeList &Ranges, BitVector &Taken) {
  SmallVector<Member, 4> Always;
  copy_if(G.Members, std::back_inserter(Always),
          [](const Member &M) { return M.Always; });
  if (Always.empty())
    return;
  sort(Always, [](const Member &A, const Member &B) {
    return std::tie(A.Offset, A.Index) < std::tie(B.Offset, B.Index);
  });
  const Member &Lowest = Always.front();
  const Member *Highest = &Lowest;
  for (const Member &M : Always) {
    if (M.Offset - Highest->End >= LineBytes)
      return;
    if (M.End > Highest->End)
      Highest = &M;
  }
  if (std::abs(G.Step) - (Highest->End - Lowest.Offset) >= LineBytes)
    return;
  const Member &First = G.Step < 0 ? *Highest : Lowest;
  Value *FirstAddress = Writes[First.Index].Dest.Address;
  const bool IsCheap = isStartCheap(FirstAddress, *G.L);
  if (!IsCheap && !valueAtStart(FirstAddress, *G.L, nullptr))
    return;
  LoopRange Range{
      G.L, G.Step < 0, IsCheap, Writes[Lowest.Index], Writes[Highest->Index],
      0};
  for (const Member &M : G.Members)
    if (M.Always || (M.Offset >= Lowest.Offset && M.End <= Highest->End)) {
      Taken.set(unsigned(M.Index));
      ++Range.Writes;
    }
  Ranges.push_back(Range);
}

LoopRangeList Finder::run() {
  for (size_t I = 0; I < Writes.size(); ++I)
    add(I);
  LoopRangeList Ranges;
  BitVector Taken(unsigned(Writes.size()));
  for (Group &G : Groups)
    finish(G, Ranges, Taken);
  WriteList Left;
  for (size_t I = 0; I < Writes.size(); ++I)
    if (!Taken[unsigned(I)])
      Left.push_back(Writes[I]);
  Writes = std::move(Left);
  return Ranges;
}

LoopRangeList takeLoopRanges(Function &F, FunctionAnalysisManager &FAM,
                             WriteList &Writes) {
  if (Writes.empty() || FAM.getResult<LoopAnalysis>(F).empty())
    return {};
  return Finder(F, FAM, Writes).run();
}

// The range that is written when the loop ends at \p Before: from the first
// iteration's address to the last one's, or the other way round.
static Check checkAt(Instruction *Before, const LoopRange &Range,
                     ScalarEvolution &SE, SCEVExpander &Expander) {
  auto FirstAddress = [&](const Write &W) -> Value * {
    Value *V = W.Dest.Address;
    if (Range.L->isLoopInvariant(V))
      return V;
    if (!Range.ExpandsStart)
      return valueAtStart(V, *Range.L, Before);
    const SCEV *Start = cast<SCEVAddRecExpr>(SE.getSCEV(V))->getStart();
    return Expander.expandCodeFor(Start, V->getType(), Before);
  };
  Value *Low = Range.Lowest.Dest.Address, *High = Range.Highest.Dest.Address;
  (Range.Downwards ? High : Low) =
      FirstAddress(Range.Downwards ? Range.Highest : Range.Lowest);

  LLVMContext &Context = Before->getContext();
  auto *End = GetElementPtrInst::Create(
      Type::getInt8Ty(Context), High,
      {ConstantInt::get(Type::getInt64Ty(Context), Range.Highest.Dest.Bytes)},
      "", Before);
  End->setDebugLoc(Range.Highest.Inst->getDebugLoc());
  Check C{End, false, Range.Writes, {}};
  Destination Whole;
  Whole.Address = Low;
  Whole.End = End;
  Whole.Conditional = Range.L->isLoopInvariant(Range.Lowest.Dest.Address);
  C.Spans.push_back(Whole);
  return C;
}

CheckList checksAfterLoops(Function &F, FunctionAnalysisManager &FAM,
                           const LoopRangeList &Ranges) {
  CheckList Checks;
  if (Ranges.empty())
    return Checks;
  auto &LI = FAM.getResult<LoopAnalysis>(F);
  auto &DT = FAM.getResult<DominatorTreeAnalysis>(F);
  auto &SE = FAM.getResult<ScalarEvolutionAnalysis>(F);
  SCEVExpander Expander(SE, F.getParent()->getDataLayout(), "snapshot",
                        /*PreserveLCSSA=*/false);
  for (const LoopRange &Range : Ranges) {
    SmallPtrSet<BasicBlock *, 4> Ends;
    for (BasicBlock *Exit : exitsOf(*Range.L)) {
      // To split an edge may split others: look at each when it is its turn.
      BasicBlock *Out = successorOutside(Exit, *Range.L);
      if (!isReachedFromLoopOnly(Out, *Range.L))
        Out = SplitEdge(Exit, Out, &DT, &LI);
      if (Ends.insert(Out).second)
        Checks.push_back(
            checkAt(&*Out->getFirstInsertionPt(), Range, SE, Expander));
    }
  }
  return Checks;
}

} // namespace snapshot
