//===- LibraryWrites.cpp - library calls that the pass must track ---------===//
//
// Library functions that write through a caller's pointer are the runtime's
// business: it interposes them. Three kinds cannot be left to it:
//  - mempcpy, and the fortified __memcpy_chk and its like, which the code
//    generator turns into inline stores;
//  - libatomic's functions, to which clang lowers atomics that are too large
//    or not aligned. They are atomic writes like any other;
//  - libm's second results. libm may not be there when the runtime looks for
//    what it interposes, or come and go with a plugin.
//
// And what is left to the runtime must remain a call: the link-time optimiser,
// which runs after this pass, may learn a constant argument and then turn
// strcpy or sprintf into stores that nobody has instrumented.
//
//===----------------------------------------------------------------------===//
#include "StoreCollector.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/MemoryBuiltins.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace snapshot {

static Write sizedWrite(CallBase &Call, unsigned Argument, Value *Length,
                        bool Announced) {
  Write W{&Call, {}, Announced, false};
  W.Dest.Address = Call.getArgOperand(Argument);
  if (auto *Constant = dyn_cast<ConstantInt>(Length)) {
    W.Dest.Bytes = Constant->getZExtValue();
  } else {
    W.Dest.DynamicBytes = Length;
    W.Dest.Conditional = true;
  }
  return W;
}

static bool hasPointer(const CallBase &Call, unsigned Argument) {
  return Argument < Call.arg_size() &&
         Call.getArgOperand(Argument)->getType()->isPointerTy();
}

// __atomic_fetch_add_8(p, ...) and the like; N is 1, 2, 4, 8 or 16. The object
// comes first; what is written besides is the last pointer, if any:
// compare_exchange's expected value.
static void collectSizedAtomic(CallBase &Call, StringRef Operation,
                               uint64_t Bytes, WriteList &Writes) {
  if (Operation == "load" || !hasPointer(Call, 0))
    return;
  Value *Length = ConstantInt::get(Type::getInt64Ty(Call.getContext()), Bytes);
  Writes.push_back(sizedWrite(Call, 0, Length, true));
  if (Operation == "compare_exchange" && hasPointer(Call, 1))
    Writes.push_back(sizedWrite(Call, 1, Length, false));
}

// __atomic_store(size, p, ...) and the like, for objects of any size.
static void collectGenericAtomic(CallBase &Call, StringRef Operation,
                                 WriteList &Writes) {
  if (!hasPointer(Call, 1) || !Call.getArgOperand(0)->getType()->isIntegerTy())
    return;
  Value *Length = Call.getArgOperand(0);
  if (Operation == "store" || Operation == "exchange" ||
      Operation == "compare_exchange")
    Writes.push_back(sizedWrite(Call, 1, Length, true));
  unsigned Result = 0; // what comes back through a pointer
  if (Operation == "load" || Operation == "compare_exchange")
    Result = 2;
  else if (Operation == "exchange")
    Result = 3;
  if (Result && hasPointer(Call, Result))
    Writes.push_back(sizedWrite(Call, Result, Length, false));
}

// Destination first, number of bytes third.
static bool isInlinedCopy(LibFunc Function) {
  switch (Function) {
  case LibFunc_mempcpy:
  case LibFunc_memcpy_chk:
  case LibFunc_memmove_chk:
  case LibFunc_memset_chk:
  case LibFunc_mempcpy_chk:
    return true;
  default:
    return false;
  }
}

// frexp(x, int *), sincosf(x, float *, float *) and the like: the function, the
// first argument that is written, how many there are, and the bytes of each; 0:
// as many as the function's floating type has.
struct SecondResult {
  StringLiteral Name, End;
  unsigned Argument, Count, Bytes;
};
static constexpr SecondResult SecondResults[] = {
    {"frexp", "", 1, 1, 4},    {"modf", "", 1, 1, 0},
    {"remquo", "", 2, 1, 4},   {"sincos", "", 1, 2, 0},
    {"lgamma", "_r", 1, 1, 4}, {"gamma", "_r", 1, 1, 4},
};

// The name with the letters of a floating type in it: sincosf, lgammaf32x_r.
static bool isVariant(StringRef Name, const SecondResult &Function) {
  static constexpr StringLiteral Types[] = {"",    "f",    "l",    "f32",
                                            "f64", "f128", "f32x", "f64x"};
  return Name.consume_front(Function.Name) && Name.consume_back(Function.End) &&
         is_contained(Types, Name);
}

static void collectSecondResults(CallBase &Call, StringRef Name,
                                 WriteList &Writes) {
  Type *Float = Call.arg_size() ? Call.getArgOperand(0)->getType() : nullptr;
  if (!Float || !Float->isFloatingPointTy())
    return;
  uint64_t FloatBytes = (Float->getPrimitiveSizeInBits() + 7) / 8;
  for (const SecondResult &Known : SecondResults) {
    if (!isVariant(Name, Known))
      continue;
    Value *Length = ConstantInt::get(Type::getInt64Ty(Call.getContext()),
                                     Known.Bytes ? Known.Bytes : FloatBytes);
    for (unsigned I = 0; I < Known.Count; ++I)
      if (hasPointer(Call, Known.Argument + I))
        Writes.push_back(sizedWrite(Call, Known.Argument + I, Length, false));
  }
}

void collectLibraryWrites(CallBase &Call, const TargetLibraryInfo &TLI,
                          WriteList &Writes) {
  const Function *Callee = Call.getCalledFunction();
  if (!Callee || !Callee->isDeclaration())
    return;

  LibFunc Known;
  if (TLI.getLibFunc(*Callee, Known) && isInlinedCopy(Known)) {
    Writes.push_back(sizedWrite(Call, 0, Call.getArgOperand(2), false));
    return;
  }

  StringRef Name = Callee->getName();
  collectSecondResults(Call, Name, Writes);
  if (!Name.consume_front("__atomic_"))
    return;
  auto [Operation, Suffix] = Name.rsplit('_');
  uint64_t Bytes = 0;
  if (!Suffix.getAsInteger(10, Bytes))
    collectSizedAtomic(Call, Operation, Bytes, Writes);
  else
    collectGenericAtomic(Call, Name, Writes);
}

// Whether an optimiser could put stores in the place of the call: it knows the
// function, or may yet find out which one it is, and the function may write
// through a pointer that it is given.
static bool mayBecomeStores(const CallBase &Call,
                            const TargetLibraryInfo &TLI) {
  if (isa<IntrinsicInst>(Call) || Call.isInlineAsm() || Call.onlyReadsMemory())
    return false;
  if (none_of(Call.args(),
              [](const Use &Arg) { return Arg->getType()->isPointerTy(); }))
    return false;
  const Function *Callee = Call.getCalledFunction();
  if (!Callee)
    return true;
  LibFunc Known;
  return Callee->isDeclaration() && TLI.getLibFunc(*Callee, Known) &&
         !isAllocationFn(&Call, &TLI) && !getFreedOperand(&Call, &TLI);
}

// LLVM replaces fortified calls even where they are marked nobuiltin (the FIXME
// in FortifiedLibCallSimplifier::optimizeCall): by the plain function, and at
// link time that by stores.
static bool isFortifiedText(const CallBase &Call,
                            const TargetLibraryInfo &TLI) {
  LibFunc Known;
  const Function *Callee = Call.getCalledFunction();
  return Callee && TLI.getLibFunc(*Callee, Known) && !isInlinedCopy(Known) &&
         Callee->getName().take_back(4) == "_chk";
}

// Calls the same function through a pointer of which the optimiser knows
// nothing: it comes out of an asm that does nothing.
static void hideCallee(CallBase &Call) {
  IRBuilder<> B(&Call);
  Type *Pointer = Call.getCalledOperand()->getType();
  auto *Ty = FunctionType::get(Pointer, {Pointer}, /*isVarArg=*/false);
  Call.setCalledOperand(
      B.CreateCall(InlineAsm::get(Ty, "", "=r,0", /*hasSideEffects=*/false),
                   {Call.getCalledOperand()}));
}

void keepLibraryCalls(Function &F, const TargetLibraryInfo &TLI) {
  for (Instruction &I : instructions(F)) {
    auto *Call = dyn_cast<CallBase>(&I);
    if (!Call || !mayBecomeStores(*Call, TLI))
      continue;
    Call->addFnAttr(Attribute::NoBuiltin);
    if (isFortifiedText(*Call, TLI))
      hideCallee(*Call);
  }
}

} // namespace snapshot
