#include "CheckCoalescing.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

#include <tuple>

using namespace llvm;

namespace snapshot {

// Stores farther apart than this do not share a check. It bounds the distance
// over which "one base, so one object" is taken for granted.
static constexpr int64_t MaxGroupBytes = 256;

// A gap of less than a line between two stores holds no whole line, so marking
// across it marks no line that is not written.
static constexpr int64_t LineBytes = 64;

bool isMarkBarrier(const Instruction &I) {
  if (I.isAtomic() || I.isVolatile()) // fences are atomic
    return true;
  const auto *Call = dyn_cast<CallBase>(&I);
  if (!Call)
    return false;
  const auto *Intrinsic = dyn_cast<IntrinsicInst>(Call);
  if (!Intrinsic)
    return true;
  // Reading memory or writing it plainly tells nobody anything. (A memcpy that
  // becomes a call is the runtime's own, which does not commit.)
  switch (Intrinsic->getIntrinsicID()) {
  case Intrinsic::memcpy:
  case Intrinsic::memcpy_inline:
  case Intrinsic::memmove:
  case Intrinsic::memset:
  case Intrinsic::memset_inline:
  case Intrinsic::masked_store:
  case Intrinsic::masked_load:
  case Intrinsic::masked_gather:
    return false;
  default:
    return !Intrinsic->isAssumeLikeIntrinsic() &&
           !Intrinsic->doesNotAccessMemory();
  }
}

namespace {
struct Member {
  Destination Dest;
  int64_t Offset; // from the group's base
  size_t Order;   // among the members
  int64_t end() const { return Offset + int64_t(Dest.Bytes); }
};

struct Group {
  SmallVector<Member, 4> Members;
  Instruction *Last = nullptr;
  int64_t Begin = 0, End = 0;
};

class Coalescer {
public:
  Coalescer(Function &F, bool GroupStores)
      : DL(F.getParent()->getDataLayout()), GroupStores(GroupStores) {}

  void run(BasicBlock &BB, ArrayRef<Write> &Writes);
  CheckList Checks;

private:
  void add(const Write &W);
  void addToGroup(const Write &W);
  void close(Value *Base, Group &G);
  void closeAll();

  const DataLayout &DL;
  bool GroupStores;
  MapVector<Value *, Group> Open; // by base
};
} // namespace

// One check for the group, one mark for each part without a line-sized gap.
void Coalescer::close(Value *Base, Group &G) {
  Check C{G.Last, false, unsigned(G.Members.size()), {}};
  // Fields of a structure: one shift of its address serves all checks that it
  // reaches. Above the object, at its end, the base may be out of the range.
  if (G.Begin >= 0)
    C.Base = Base;
  sort(G.Members, [](const Member &A, const Member &B) {
    return std::tie(A.Offset, A.Order) < std::tie(B.Offset, B.Order);
  });
  int64_t Begin = 0, End = 0;
  for (const Member &M : G.Members) {
    if (C.Spans.empty() || M.Offset - End >= LineBytes) {
      C.Spans.push_back(M.Dest);
      Begin = M.Offset;
      End = M.end();
      continue;
    }
    End = std::max(End, M.end());
    C.Spans.back().Bytes = uint64_t(End - Begin);
  }
  Checks.push_back(std::move(C));
}

void Coalescer::closeAll() {
  for (auto &[Base, G] : Open)
    close(Base, G);
  Open.clear();
}

void Coalescer::addToGroup(const Write &W) {
  APInt ConstantOffset(DL.getIndexTypeSizeInBits(W.Dest.Address->getType()), 0);
  Value *Base = W.Dest.Address->stripAndAccumulateConstantOffsets(
      DL, ConstantOffset, /*AllowNonInbounds=*/true);
  Member M{W.Dest, ConstantOffset.getSExtValue(), 0};

  Group &G = Open[Base];
  int64_t Begin = std::min(G.Begin, M.Offset), End = std::max(G.End, M.end());
  if (!G.Members.empty() && End - Begin > MaxGroupBytes) {
    close(Base, G);
    G = Group();
  }
  if (G.Members.empty()) {
    Begin = M.Offset;
    End = M.end();
  }
  M.Order = G.Members.size();
  G.Members.push_back(M);
  G.Begin = Begin;
  G.End = End;
  G.Last = W.Inst;
}

void Coalescer::add(const Write &W) {
  if (GroupStores && !W.Announced && !W.Inst->isTerminator() &&
      W.Dest.isSimple() && W.Dest.Bytes <= uint64_t(MaxGroupBytes) &&
      !isMarkBarrier(*W.Inst))
    addToGroup(W);
  else
    Checks.push_back({W.Inst, W.Announced, 1, {W.Dest}});
}

// Consumes the block's part of \p Writes.
void Coalescer::run(BasicBlock &BB, ArrayRef<Write> &Writes) {
  for (Instruction &I : BB) {
    if (isMarkBarrier(I))
      closeAll();
    // Announcements do not nest, so of an instruction's several destinations
    // the first has it. The others are marked first: mark_announced comes
    // right after the write, and the emitter inserts right after the write.
    SmallVector<Write, 2> Here;
    for (; !Writes.empty() && Writes.front().Inst == &I;
         Writes = Writes.drop_front()) {
      Here.push_back(Writes.front());
      if (Here.size() > 1)
        Here.back().Announced = false;
    }
    for (const Write &W : reverse(Here))
      add(W);
  }
  closeAll();
}

CheckList coalesceChecks(Function &F, ArrayRef<Write> Writes,
                         bool GroupStores) {
  Coalescer C(F, GroupStores);
  for (BasicBlock &BB : F)
    C.run(BB, Writes);
  return std::move(C.Checks);
}

} // namespace snapshot
