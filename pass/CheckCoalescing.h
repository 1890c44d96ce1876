//===- CheckCoalescing.h - let writes share a check -----------------------===//
//
// The third step of the pass: turns tracked writes into checks. Plain stores in
// one block to one base at constant offsets share one, after the last of them.
//
// The rule that makes this safe: between a write and its mark there is no call,
// atomic, volatile access, asm, fence or end of the block. At each of these the
// program can commit, or tell another thread to commit, what it has written.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_CHECKCOALESCING_H
#define SNAPSHOT_PASS_CHECKCOALESCING_H

#include "StoreCollector.h"

namespace snapshot {

/// One range check and the marks that it guards.
struct Check {
  /// The check follows this instruction, the last of the writes. For an
  /// announced write, another precedes it.
  llvm::Instruction *Last;
  bool Announced = false;
  unsigned Writes = 1; ///< how many writes share it
  /// What to mark. The first address is the one that is checked: all belong to
  /// one object, which is in the working range or is not.
  llvm::SmallVector<Destination, 1> Spans;
  /// Or, if not null, what is checked: a pointer into the same object, not
  /// above the first address, that other checks are likely to look at too.
  llvm::Value *Base = nullptr;
};

using CheckList = llvm::SmallVector<Check, 16>;

/// \p Writes are those to track of \p F, in the order of its instructions.
CheckList coalesceChecks(llvm::Function &F, llvm::ArrayRef<Write> Writes,
                         bool GroupStores);

/// Whether the program can commit, or let another thread commit, at \p I.
bool isMarkBarrier(const llvm::Instruction &I);

} // namespace snapshot

#endif
