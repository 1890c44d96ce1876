//===- CxxLibraryWrites.cpp - calls into the compiled C++ library ---------===//
//
// Much of the C++ library is templates, which the program compiles and this
// pass sees. But libstdc++.so and libc++.so hold code, too: members of
// std::string and of streams (extern templates), policies of hash tables,
// conversions. What they write in the program's memory is found from the call:
//  - an object that is passed by reference, `this` included, may be changed: of
//    such arguments clang says how many bytes they have (dereferenceable);
//  - so may the result that is returned through a hidden pointer;
//  - of characters with a count, and of ranges, the names of the few functions
//    tell which they are.
// Marked is all of it, const or not: LLVM's types do not tell.
//
// Not here: functions that link nodes (std::map, std::list), which change nodes
// that the call does not name. The runtime has them.
//
//===----------------------------------------------------------------------===//
#include "StoreCollector.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstrTypes.h"

using namespace llvm;

namespace snapshot {

// In namespace std, or in libstdc++'s own; as members or not. Ss, Si, So, Sd
// are abbreviations of std::string and of streams.
static bool isOfLibrary(StringRef Name) {
  if (!Name.consume_front("_Z"))
    return false;
  if (Name.consume_front("N"))
    Name.consume_front("K");
  static constexpr StringLiteral Scopes[] = {"St", "Ss", "Si",
                                             "So", "Sd", "9__gnu_cxx"};
  return any_of(Scopes,
                [&](StringRef Scope) { return Name.starts_with(Scope); });
}

static Write writeAt(CallBase &Call, unsigned Argument) {
  Write W{&Call, {}, false, false};
  W.Dest.Address = Call.getArgOperand(Argument);
  return W;
}

static void collectReferences(CallBase &Call, const Function &Callee,
                              const DataLayout &DL, WriteList &Writes) {
  for (unsigned I = 0; I < Call.arg_size(); ++I) {
    if (!Call.getArgOperand(I)->getType()->isPointerTy() ||
        Call.isByValArgument(I) || Call.onlyReadsMemory(I))
      continue;
    uint64_t Bytes = I < Callee.arg_size()
                         ? std::max(Call.getParamDereferenceableBytes(I),
                                    Callee.getParamDereferenceableBytes(I))
                         : Call.getParamDereferenceableBytes(I);
    if (Call.paramHasAttr(I, Attribute::StructRet))
      Bytes =
          DL.getTypeAllocSize(Call.getParamStructRetType(I)).getFixedValue();
    if (!Bytes)
      continue;
    Write W = writeAt(Call, I);
    W.Dest.Bytes = Bytes;
    Writes.push_back(W);
  }
}

static bool hasTypes(const CallBase &Call, unsigned Pointer, unsigned Second,
                     bool SecondIsPointer) {
  if (Second >= Call.arg_size())
    return false;
  Type *Ty = Call.getArgOperand(Second)->getType();
  return Call.getArgOperand(Pointer)->getType()->isPointerTy() &&
         (SecondIsPointer ? Ty->isPointerTy() : Ty->isIntegerTy(64));
}

// istream::read(char *, streamsize) and the like: the object or stream, then
// the characters, then how many.
static void collectCounted(CallBase &Call, StringRef Name, WriteList &Writes) {
  auto Has = [&](StringRef Types) { return Name.contains(Types); };
  bool Narrow = Has("EPcl") || Has("EPcm") || Has("RSiPcl");
  bool Wide = Has("EPwl") || Has("EPwm");
  if ((!Narrow && !Wide) || !hasTypes(Call, 1, 2, /*SecondIsPointer=*/false))
    return;
  Write W = writeAt(Call, 1);
  W.Dest.DynamicBytes = Call.getArgOperand(2);
  W.Dest.Scale = Wide ? sizeof(wchar_t) : 1;
  W.Dest.Conditional = true;
  Writes.push_back(W);
}

// to_chars(first, last, ...), and sorts that libc++ has compiled in advance.
static void collectRange(CallBase &Call, StringRef Name, WriteList &Writes) {
  static constexpr StringLiteral Functions[] = {
      "8to_chars", "6__sortI", "27__insertion_sort_incompleteI"};
  if (none_of(Functions,
              [&](StringRef Function) { return Name.contains(Function); }) ||
      !hasTypes(Call, 0, 1, /*SecondIsPointer=*/true))
    return;
  Write W = writeAt(Call, 0);
  W.Dest.End = Call.getArgOperand(1);
  W.Dest.Conditional = true;
  Writes.push_back(W);
}

void collectCxxLibraryWrites(CallBase &Call, const DataLayout &DL,
                             WriteList &Writes) {
  const Function *Callee = Call.getCalledFunction();
  // A body that is available here is for inlining: what remains a call goes to
  // the library.
  if (!Callee ||
      !(Callee->isDeclaration() || Callee->hasAvailableExternallyLinkage()) ||
      Call.onlyReadsMemory() || !isOfLibrary(Callee->getName()))
    return;
  collectReferences(Call, *Callee, DL, Writes);
  collectCounted(Call, Callee->getName(), Writes);
  collectRange(Call, Callee->getName(), Writes);
}

} // namespace snapshot
