//===- Report.h - counts and optimisation remarks -------------------------===//
//
// Tells the user what became of each write: -Rpass=snapshot for tracked ones,
// -Rpass-missed=snapshot for skipped ones with the reason,
// -Rpass-analysis=snapshot for guesses and the summary of each module. LLVM's
// own STATISTICs are compiled out of release compilers, so the counts are kept
// here as well.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_REPORT_H
#define SNAPSHOT_PASS_REPORT_H

#include "CheckCoalescing.h"
#include "DestinationFilter.h"
#include "LoopMarking.h"

#include "llvm/ADT/StringRef.h"

#include <array>

namespace llvm {
class Module;
class OptimizationRemarkEmitter;
} // namespace llvm

namespace snapshot {

class Report {
public:
  void countWrite(const Write &W, Fate F, llvm::OptimizationRemarkEmitter &ORE);
  void countCheck(const Check &C, llvm::OptimizationRemarkEmitter &ORE);
  void countRange(const LoopRange &Range, llvm::OptimizationRemarkEmitter &ORE);
  /// A function that asked not to be instrumented.
  void countIgnoredFunction() { ++IgnoredFunctions; }

  void summarise(llvm::Module &M, llvm::OptimizationRemarkEmitter &ORE) const;
  /// Appends a line of JSON. Failing to is an error of the compilation's.
  void append(const llvm::Module &M, llvm::StringRef Path) const;

private:
  uint64_t Seen = 0;
  std::array<uint64_t, FateCount> Fates = {}; ///< by Fate
  uint64_t Grouped = 0;    ///< tracked by another write's check
  uint64_t AfterLoops = 0; ///< tracked by a check after their loop
  uint64_t Checks = 0;
  uint64_t IgnoredFunctions = 0;
};

} // namespace snapshot

#endif
