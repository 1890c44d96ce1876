#include "Report.h"

#include "llvm/ADT/Statistic.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#define DEBUG_TYPE "snapshot"

using namespace llvm;

STATISTIC(NumSeen, "writes seen");
STATISTIC(NumSkipped, "writes skipped");
STATISTIC(NumTracked, "writes tracked");
STATISTIC(NumGrouped, "writes tracked by another write's check");
STATISTIC(NumChecks, "checks emitted");

namespace snapshot {

void Report::countWrite(const Write &W, Fate F,
                        OptimizationRemarkEmitter &ORE) {
  ++Seen;
  ++NumSeen;
  ++Fates[unsigned(F)];
  if (F != Fate::Track) {
    ++NumSkipped;
    ORE.emit([&] {
      return OptimizationRemarkMissed(DEBUG_TYPE, "Skipped", W.Inst)
             << "write not tracked: " << ore::NV("Reason", fateName(F));
    });
    return;
  }
  ++NumTracked;
  if (W.Guessed)
    ORE.emit([&] {
      return OptimizationRemarkAnalysis(DEBUG_TYPE, "Guessed", W.Inst)
             << "nothing tells how much is written here; assuming "
             << ore::NV("Bytes", W.Dest.Bytes) << " bytes";
    });
}

void Report::countCheck(const Check &C, OptimizationRemarkEmitter &ORE) {
  ++Checks;
  ++NumChecks;
  Grouped += C.Writes - 1;
  NumGrouped += C.Writes - 1;
  ORE.emit([&] {
    OptimizationRemark Remark(DEBUG_TYPE, "Tracked", C.Last);
    if (C.Writes > 1)
      Remark << ore::NV("Writes", C.Writes) << " writes tracked by one check";
    else if (C.Announced)
      Remark << "write announced and tracked";
    else
      Remark << "write tracked";
    return Remark;
  });
}

void Report::countRange(const LoopRange &Range,
                        OptimizationRemarkEmitter &ORE) {
  ++Checks;
  ++NumChecks;
  Grouped += Range.Writes - 1;
  NumGrouped += Range.Writes - 1;
  AfterLoops += Range.Writes;
  ORE.emit([&] {
    return OptimizationRemark(DEBUG_TYPE, "TrackedAfterLoop",
                              Range.Highest.Inst)
           << ore::NV("Writes", Range.Writes)
           << " writes tracked by one check after the loop";
  });
}

void Report::summarise(Module &M, OptimizationRemarkEmitter &ORE) const {
  auto First = find_if(M, [](Function &F) { return !F.isDeclaration(); });
  ORE.emit([&] {
    OptimizationRemarkAnalysis Remark(DEBUG_TYPE, "Summary", &*First);
    Remark << "module summary: " << ore::NV("Seen", Seen) << " writes seen, "
           << ore::NV("Tracked", Fates[unsigned(Fate::Track)]) << " tracked by "
           << ore::NV("Checks", Checks) << " checks ("
           << ore::NV("Grouped", Grouped) << " grouped)";
    for (unsigned I = 1; I < FateCount; ++I)
      if (Fates[I])
        Remark << ", " << ore::NV(fateName(Fate(I)), Fates[I]) << " skipped as "
               << fateName(Fate(I));
    return Remark;
  });
}

void Report::append(const Module &M, StringRef Path) const {
  std::string Line;
  raw_string_ostream Text(Line);
  json::Object Skipped;
  for (unsigned I = 1; I < FateCount; ++I)
    Skipped[fateName(Fate(I))] = int64_t(Fates[I]);
  Text << json::Value(
              json::Object{{"module", M.getSourceFileName()},
                           {"seen", int64_t(Seen)},
                           {"tracked", int64_t(Fates[unsigned(Fate::Track)])},
                           {"grouped", int64_t(Grouped)},
                           {"after_loops", int64_t(AfterLoops)},
                           {"checks", int64_t(Checks)},
                           {"ignored_functions", int64_t(IgnoredFunctions)},
                           {"skipped", std::move(Skipped)}})
       << '\n';

  std::error_code Error;
  raw_fd_ostream File(Path, Error, sys::fs::OF_Append);
  // One write of one line: compilations that run in parallel do not mix.
  File.SetBufferSize(Text.str().size() + 1);
  if (!Error)
    File << Line;
  File.flush();
  if (Error || File.has_error()) {
    File.clear_error();
    M.getContext().emitError("snapshot: cannot write statistics to " + Path);
  }
}

} // namespace snapshot
