//===- StoreCollector.h - find every write of a function ------------------===//
//
// The first step of the pass. Finds each instruction that can write memory
// other than registers and says where it writes and how much. It changes
// nothing and leaves nothing out: what need not be tracked is the filter's
// decision.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_STORECOLLECTOR_H
#define SNAPSHOT_PASS_STORECOLLECTOR_H

#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace llvm {
class CallBase;
class DataLayout;
class Function;
class Instruction;
class IntrinsicInst;
class TargetLibraryInfo;
class Value;
} // namespace llvm

namespace snapshot {

/// Where a write goes: Bytes (or DynamicBytes) at an address, or at each of
/// several addresses. It may be more than what is written, never less.
struct Destination {
  /// A pointer; or, for a scatter, a vector of pointers; or the base that Index
  /// or Stride count from.
  llvm::Value *Address = nullptr;
  uint64_t Bytes = 0;
  llvm::Value *DynamicBytes = nullptr; ///< instead of Bytes, when not constant
  llvm::Value *End = nullptr;          ///< instead of Bytes: up to this address

  /// The write may not happen (a mask, a length of zero), so that the address
  /// need not be a valid one, nor even a defined one.
  bool Conditional = false;

  // Several addresses. With neither Index nor Stride, Address is the vector.
  unsigned Lanes = 1;
  llvm::Value *Index = nullptr;  ///< lane i is at Address + Index[i] * Scale
  llvm::Value *Stride = nullptr; ///< lane i is at Address + i * Stride * Scale
  uint64_t Scale = 1;            ///< of an index or stride, or of DynamicBytes
  llvm::Value *Mask = nullptr;   ///< which lanes are written, if known

  bool isSingleAddress() const { return Lanes == 1; }
  bool isSimple() const {
    return isSingleAddress() && !DynamicBytes && !End && !Conditional;
  }
};

/// One destination of one instruction. An instruction may have several.
struct Write {
  llvm::Instruction *Inst;
  Destination Dest;
  /// Other threads may act on the new value before the mark that follows it:
  /// an atomic, volatile or asm write. See __snapshot_announce in abi.h.
  bool Announced = false;
  /// The size is a guess: nothing says what the instruction writes.
  bool Guessed = false;
};

using WriteList = llvm::SmallVector<Write, 32>;

/// All writes of \p F, in the order of its instructions.
WriteList collectStores(llvm::Function &F, const llvm::TargetLibraryInfo &TLI);

// By kind of instruction, each in a file of its name.
void collectAsmWrites(llvm::CallBase &Call, const llvm::DataLayout &DL,
                      WriteList &Writes);
void collectIntrinsicWrites(llvm::IntrinsicInst &Call,
                            const llvm::DataLayout &DL, WriteList &Writes);
void collectLibraryWrites(llvm::CallBase &Call,
                          const llvm::TargetLibraryInfo &TLI,
                          WriteList &Writes);
void collectCxxLibraryWrites(llvm::CallBase &Call, const llvm::DataLayout &DL,
                             WriteList &Writes);

/// Keeps later passes, those of the linker above all, from replacing calls of
/// library functions that write, which the runtime tracks, by stores.
void keepLibraryCalls(llvm::Function &F, const llvm::TargetLibraryInfo &TLI);

/// Assumed for a pointer of which only the element type or nothing is known:
/// the widest store that one x86 instruction makes.
constexpr uint64_t GuessedBytes = 64;

} // namespace snapshot

#endif
