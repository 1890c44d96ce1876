#include "StoreCollector.h"

#include "llvm/IR/DataLayout.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace snapshot {

// A va_list on x86-64: two offsets and two pointers.
static constexpr uint64_t VaListBytes = 24;

static Write fixedWrite(Instruction &I, Value *Address, uint64_t Bytes,
                        bool Announced) {
  Write W{&I, {}, Announced, false};
  W.Dest.Address = Address;
  W.Dest.Bytes = Bytes;
  return W;
}

static Write fixedWrite(Instruction &I, Value *Address, Type *Ty,
                        const DataLayout &DL, bool Announced) {
  return fixedWrite(I, Address, DL.getTypeStoreSize(Ty).getFixedValue(),
                    Announced);
}

WriteList collectStores(Function &F, const TargetLibraryInfo &TLI) {
  const DataLayout &DL = F.getParent()->getDataLayout();
  WriteList Writes;
  for (Instruction &I : instructions(F)) {
    if (auto *Store = dyn_cast<StoreInst>(&I)) {
      Writes.push_back(fixedWrite(I, Store->getPointerOperand(),
                                  Store->getValueOperand()->getType(), DL,
                                  !Store->isSimple()));
    } else if (auto *RMW = dyn_cast<AtomicRMWInst>(&I)) {
      Writes.push_back(fixedWrite(I, RMW->getPointerOperand(),
                                  RMW->getValOperand()->getType(), DL, true));
    } else if (auto *CmpXchg = dyn_cast<AtomicCmpXchgInst>(&I)) {
      Writes.push_back(fixedWrite(I, CmpXchg->getPointerOperand(),
                                  CmpXchg->getNewValOperand()->getType(), DL,
                                  true));
    } else if (auto *VaArg = dyn_cast<VAArgInst>(&I)) {
      Writes.push_back(
          fixedWrite(I, VaArg->getPointerOperand(), VaListBytes, false));
    } else if (auto *Call = dyn_cast<CallBase>(&I)) {
      if (Call->isInlineAsm()) {
        collectAsmWrites(*Call, DL, Writes);
      } else if (auto *Intrinsic = dyn_cast<IntrinsicInst>(Call)) {
        collectIntrinsicWrites(*Intrinsic, DL, Writes);
      } else {
        collectLibraryWrites(*Call, TLI, Writes);
        collectCxxLibraryWrites(*Call, DL, Writes);
      }
    }
  }
  return Writes;
}

} // namespace snapshot
