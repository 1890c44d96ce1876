#include "RuntimeSymbols.h"

#include "snapshot/abi.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

#define SNAPSHOT_STRINGIFY2(Text) #Text
#define SNAPSHOT_STRINGIFY(Text) SNAPSHOT_STRINGIFY2(Text)

using namespace llvm;

namespace snapshot {

static constexpr char AbiSymbol[] = SNAPSHOT_STRINGIFY(SNAPSHOT_ABI_SYMBOL);

// void (const volatile void *, size_t)
static FunctionType *markType(LLVMContext &Context) {
  return FunctionType::get(
      Type::getVoidTy(Context),
      {PointerType::getUnqual(Context), Type::getInt64Ty(Context)}, false);
}

// No attribute about memory: later passes and the code generator must assume
// that these functions read all memory, so that no store sinks below its mark.
FunctionCallee RuntimeSymbols::callee(StringRef Name) {
  if (CodeMode == Mode::Call)
    return stub();
  FunctionCallee Callee = M.getOrInsertFunction(Name, markType(M.getContext()));
  if (auto *F = dyn_cast<Function>(Callee.getCallee())) {
    F->setCallingConv(CallingConv::PreserveMost);
    F->addFnAttr(Attribute::NoUnwind);
    F->addFnAttr(Attribute::Cold);
    // The dynamic linker's lazy binding keeps argument registers only, not all
    // those that preserve_most promises to keep. So never bind lazily.
    F->addFnAttr(Attribute::NonLazyBind);
  }
  return Callee;
}

// Returns at once; for measuring what a call after each store costs. In the
// module itself, so that nothing need be linked.
FunctionCallee RuntimeSymbols::stub() {
  constexpr char Name[] = "__snapshot_measure_call";
  if (Function *F = M.getFunction(Name))
    return F;
  Function *F = Function::Create(markType(M.getContext()),
                                 GlobalValue::LinkOnceODRLinkage, Name, &M);
  F->setVisibility(GlobalValue::HiddenVisibility);
  F->setComdat(M.getOrInsertComdat(Name));
  F->setCallingConv(CallingConv::PreserveMost);
  for (auto Kind :
       {Attribute::NoUnwind, Attribute::NoInline, Attribute::OptimizeNone,
        Attribute::DisableSanitizerInstrumentation})
    F->addFnAttr(Kind);
  IRBuilder<>(BasicBlock::Create(M.getContext(), "", F)).CreateRetVoid();
  return F;
}

// A pointer to the symbol, once for each executable or shared object and not
// for each object file (hence linkonce_odr), named after the symbol lest
// objects of different ABIs share one. llvm.used keeps it when the linker
// collects garbage. In .data.rel.ro, and not constant, so that its relocation
// is never one of read-only memory.
void referenceAbiSymbol(Module &M) {
  Type *Int32 = Type::getInt32Ty(M.getContext());
  Constant *Symbol = M.getOrInsertGlobal(AbiSymbol, Int32);
  std::string Name = (Twine(AbiSymbol) + "_wanted").str();
  auto *Reference =
      new GlobalVariable(M, Symbol->getType(), /*isConstant=*/false,
                         GlobalValue::LinkOnceODRLinkage, Symbol, Name);
  Reference->setVisibility(GlobalValue::HiddenVisibility);
  Reference->setComdat(M.getOrInsertComdat(Name));
  Reference->setSection(".data.rel.ro.snapshot");
  appendToUsed(M, {Reference});
}

void addNote(Module &M, const Options &Opts) {
  LLVMContext &Context = M.getContext();
  std::string Text = std::string("pass ") + SNAPSHOT_VERSION_STRING " abi " +
                     SNAPSHOT_STRINGIFY(SNAPSHOT_ABI_VERSION) + " range " +
                     SNAPSHOT_STRINGIFY(SNAPSHOT_RANGE_TAG) + " " +
                     describe(Opts) + " source " + M.getSourceFileName();
  Text.resize((Text.size() + 4) & ~size_t(3)); // at least one zero
  constexpr char Owner[12] = "Snapshot";
  Type *Int32 = Type::getInt32Ty(Context);
  Constant *Note = ConstantStruct::getAnon(
      {ConstantInt::get(Int32, sizeof("Snapshot")),
       ConstantInt::get(Int32, Text.size()), ConstantInt::get(Int32, 1),
       ConstantDataArray::getString(Context, StringRef(Owner, sizeof(Owner)),
                                    /*AddNull=*/false),
       ConstantDataArray::getString(Context, Text, /*AddNull=*/false)});
  auto *Global =
      new GlobalVariable(M, Note->getType(), /*isConstant=*/true,
                         GlobalValue::PrivateLinkage, Note, "__snapshot_note");
  Global->setSection(".note.snapshot");
  Global->setAlignment(Align(4));
  appendToUsed(M, {Global});
}

} // namespace snapshot
