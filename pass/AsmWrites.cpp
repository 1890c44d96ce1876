//===- AsmWrites.cpp - what inline asm may write --------------------------===//
//
// Memory outputs ("=m", "+m") are indirect operands: pointers with the type of
// what is written. A "memory" clobber says that the asm writes something else
// too. The only candidates that the compiler knows are the asm's pointers, so
// each pointer operand of an asm with that clobber counts as written, with its
// element type's size or, for a pointer in a register, a guess. An empty asm
// with the clobber is a mere compiler barrier and has no such candidates.
//
//===----------------------------------------------------------------------===//
#include "StoreCollector.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstrTypes.h"

using namespace llvm;

namespace snapshot {

static bool clobbersMemory(const InlineAsm::ConstraintInfoVector &Operands) {
  return any_of(Operands, [](const InlineAsm::ConstraintInfo &Operand) {
    return Operand.Type == InlineAsm::isClobber &&
           is_contained(Operand.Codes, "{memory}");
  });
}

static Write asmWrite(CallBase &Call, unsigned Argument, const DataLayout &DL) {
  Write W{&Call, {}, true, false};
  W.Dest.Address = Call.getArgOperand(Argument);
  if (Type *Element = Call.getParamElementType(Argument))
    W.Dest.Bytes = DL.getTypeStoreSize(Element).getFixedValue();
  // No type, or an array of unknown length as in "=m"(*(char (*)[])p).
  W.Guessed = W.Dest.Bytes == 0;
  if (W.Guessed)
    W.Dest.Bytes = GuessedBytes;
  return W;
}

void collectAsmWrites(CallBase &Call, const DataLayout &DL, WriteList &Writes) {
  const auto *Asm = cast<InlineAsm>(Call.getCalledOperand());
  auto Operands = Asm->ParseConstraints();
  bool Empty = StringRef(Asm->getAsmString()).trim().empty();
  bool AnyPointer = !Empty && clobbersMemory(Operands);
  SmallPtrSet<Value *, 4> Seen; // "+m" is an output and an input.
  unsigned Argument = 0;
  for (const InlineAsm::ConstraintInfo &Operand : Operands) {
    if (!Operand.hasArg())
      continue;
    Value *Address = Call.getArgOperand(Argument);
    bool Output = Operand.Type == InlineAsm::isOutput;
    if ((Output || AnyPointer) && Address->getType()->isPointerTy() &&
        Seen.insert(Address).second)
      Writes.push_back(asmWrite(Call, Argument, DL));
    ++Argument;
  }
}

} // namespace snapshot
