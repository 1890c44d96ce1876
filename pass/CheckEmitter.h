//===- CheckEmitter.h - write the checks into the function ----------------===//
//
// The last step of the pass, and the only one that changes code.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_CHECKEMITTER_H
#define SNAPSHOT_PASS_CHECKEMITTER_H

#include "CheckCoalescing.h"
#include "RuntimeSymbols.h"

#include "llvm/IR/IRBuilder.h"

namespace snapshot {

/// Emits, for a check,
///
///     write
///     if (address >> RANGE_BITS == RANGE_INDEX)        // hot: 3 instructions
///       if (line map [address] == 0)                   // cold; both lines, if
///         __snapshot_mark(address, bytes)              //   there may be two
///
/// and, for an announced one,
///
///     if (in range) __snapshot_announce(address, bytes)
///     write
///     if (in range) __snapshot_mark_announced(address, bytes)
class CheckEmitter {
public:
  CheckEmitter(llvm::Module &M, Mode CodeMode)
      : Symbols(M, CodeMode), CodeMode(CodeMode) {}

  void emit(const Check &C);

private:
  using Builder = llvm::IRBuilder<>;

  /// What a check needs, computed once, before an announced write or else after
  /// the write.
  struct Prepared {
    llvm::Value *InRange = nullptr;
    llvm::Value *Lanes = nullptr; ///< a scatter's addresses, as integers
    llvm::SmallVector<llvm::Value *, 2> Addresses; ///< one for each span
  };

  bool isChecked() const {
    return CodeMode == Mode::Check || CodeMode == Mode::Full;
  }

  Prepared prepare(Builder &B, const Check &C);
  void prepareLanes(Builder &B, const Destination &Dest, Prepared &P);
  llvm::Value *laneAddresses(Builder &B, const Destination &Dest);
  llvm::Value *isInRange(Builder &B, llvm::Value *Integer);

  void emitAt(llvm::Instruction *Before, const Check &C, const Prepared &P,
              llvm::FunctionCallee Callee);
  void emitCalls(Builder &B, const Check &C, const Prepared &P,
                 llvm::FunctionCallee Callee);
  llvm::Instruction *enterIfClean(llvm::Instruction *Before,
                                  llvm::Value *Pointer,
                                  const Destination &Dest);

  RuntimeSymbols Symbols;
  Mode CodeMode;
};

} // namespace snapshot

#endif
