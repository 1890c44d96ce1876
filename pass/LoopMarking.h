//===- LoopMarking.h - mark once what a loop wrote ------------------------===//
//
// A loop that writes a range from end to end, a step of less than a line at a
// time, and that contains no place where the program could commit, is followed
// by one check of the whole range instead of having a check in each iteration.
//
// The rule of CheckCoalescing.h holds: between a write and its mark there is no
// call, atomic, volatile access, asm or fence. The end of the block gives way
// to the ends of the loop, at each of which the range up to the last iteration
// is marked. A commit by another thread in the meantime may copy what is there
// or not; the line map is looked at after the last write, and so the argument
// for a single store (README.md, "Mark after the store") is that for the range.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_LOOPMARKING_H
#define SNAPSHOT_PASS_LOOPMARKING_H

#include "CheckCoalescing.h"

#include "llvm/IR/PassManager.h"

namespace llvm {
class Loop;
class SCEVAddRecExpr;
} // namespace llvm

namespace snapshot {

/// Writes of one loop that move together and, in any number of iterations,
/// write a range with no gap of a line. Each iteration that comes to an end of
/// the loop has made the writes Lowest and Highest.
struct LoopRange {
  llvm::Loop *L;
  bool Downwards;
  bool ExpandsStart;     ///< by SCEV; else from the values before the loop
  Write Lowest, Highest; ///< the ends of what an iteration writes
  unsigned Writes;       ///< how many belong to it
};

using LoopRangeList = llvm::SmallVector<LoopRange, 4>;

/// Takes the writes that can be marked after their loop out of \p Writes.
/// Changes no code.
LoopRangeList takeLoopRanges(llvm::Function &F,
                             llvm::FunctionAnalysisManager &FAM,
                             WriteList &Writes);

/// Computes each range at each end of its loop, and returns the checks to emit
/// there.
CheckList checksAfterLoops(llvm::Function &F,
                           llvm::FunctionAnalysisManager &FAM,
                           const LoopRangeList &Ranges);

} // namespace snapshot

#endif
