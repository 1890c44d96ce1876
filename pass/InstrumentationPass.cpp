#include "InstrumentationPass.h"

#include "CheckCoalescing.h"
#include "CheckEmitter.h"
#include "DestinationFilter.h"
#include "LoopMarking.h"
#include "Report.h"
#include "RuntimeSymbols.h"
#include "StoreCollector.h"

#include "snapshot/abi.h"

#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace snapshot {

static constexpr char DoneFlag[] = "snapshot.instrumented";

// Not functions without a frame (naked: nothing can be inserted), and not those
// that opt out. Bodies that are available_externally are instrumented: at link
// time they may yet be inlined.
static bool isInstrumentable(const Function &F) {
  return !F.isDeclaration() && !F.hasFnAttribute(Attribute::Naked) &&
         !F.hasFnAttribute(Attribute::DisableSanitizerInstrumentation);
}

// The addresses of the working range exist on x86-64 only, and so does the
// runtime. To compile for another target without tracking would lose data.
static bool isSupportedTarget(Module &M) {
  Triple Target(M.getTargetTriple());
  if (Target.getArch() == Triple::x86_64 && Target.isOSBinFormatELF() &&
      M.getDataLayout().getPointerSizeInBits() == 64)
    return true;
  M.getContext().emitError("snapshot: cannot track stores on target '" +
                           M.getTargetTriple() + "', only on 64-bit x86 ELF");
  return false;
}

static CheckList findChecks(Function &F, FunctionAnalysisManager &FAM,
                            const Options &Opts, Report &Counts) {
  auto &TLI = FAM.getResult<TargetLibraryAnalysis>(F);
  auto &ORE = FAM.getResult<OptimizationRemarkEmitterAnalysis>(F);
  DestinationFilter Filter(TLI, Opts.TrackAllocations);
  WriteList Tracked;
  for (const Write &W : collectStores(F, TLI)) {
    Fate Decision = Filter.decide(W);
    Counts.countWrite(W, Decision, ORE);
    if (Decision == Fate::Track)
      Tracked.push_back(W);
  }
  LoopRangeList Ranges;
  if (Opts.GroupStores)
    Ranges = takeLoopRanges(F, FAM, Tracked);
  CheckList Checks = coalesceChecks(F, Tracked, Opts.GroupStores);
  for (const LoopRange &Range : Ranges)
    Counts.countRange(Range, ORE);
  for (const Check &C : Checks)
    Counts.countCheck(C, ORE);
  append_range(Checks, checksAfterLoops(F, FAM, Ranges));
  return Checks;
}

PreservedAnalyses InstrumentationPass::run(Module &M,
                                           ModuleAnalysisManager &MAM) {
  if (Opts.InstrumentationMode == Mode::Off || M.getModuleFlag(DoneFlag))
    return PreservedAnalyses::all();
  if (!isSupportedTarget(M))
    return PreservedAnalyses::all();

  auto &FAM = MAM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
  CheckEmitter Emitter(M, Opts.InstrumentationMode);
  Report Counts;
  bool Emitted = false;
  SmallVector<Function *, 0> Functions; // Emitting may add the stub.
  for (Function &F : M)
    if (isInstrumentable(F))
      Functions.push_back(&F);
    else if (!F.isDeclaration())
      Counts.countIgnoredFunction();
  for (Function *F : Functions) {
    keepLibraryCalls(*F, FAM.getResult<TargetLibraryAnalysis>(*F));
    for (const Check &C : findChecks(*F, FAM, Opts, Counts)) {
      Emitter.emit(C);
      Emitted = true;
    }
  }

  M.addModuleFlag(Module::Max, DoneFlag, SNAPSHOT_ABI_VERSION);
  bool NeedsRuntime = Opts.InstrumentationMode == Mode::Full ||
                      Opts.InstrumentationMode == Mode::Outline;
  if (Emitted && NeedsRuntime)
    referenceAbiSymbol(M);
  addNote(M, Opts);
  if (!Functions.empty())
    Counts.summarise(M, FAM.getResult<OptimizationRemarkEmitterAnalysis>(
                            *Functions.front()));
  if (!Opts.StatsFile.empty())
    Counts.append(M, Opts.StatsFile);
  return PreservedAnalyses::none();
}

} // namespace snapshot
