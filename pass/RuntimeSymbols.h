//===- RuntimeSymbols.h - what a module needs of the runtime --------------===//
//
// Declares the functions of include/snapshot/abi.h in a module, and leaves in
// the object what lets the linker and the tools recognise it: a reference to
// the ABI's version symbol, and a note.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_RUNTIMESYMBOLS_H
#define SNAPSHOT_PASS_RUNTIMESYMBOLS_H

#include "Options.h"

#include "llvm/IR/Module.h"

namespace snapshot {

class RuntimeSymbols {
public:
  RuntimeSymbols(llvm::Module &M, Mode CodeMode) : M(M), CodeMode(CodeMode) {}

  llvm::FunctionCallee mark() { return callee("__snapshot_mark"); }
  llvm::FunctionCallee markClean() { return callee("__snapshot_mark_clean"); }
  llvm::FunctionCallee announce() { return callee("__snapshot_announce"); }
  llvm::FunctionCallee markAnnounced() {
    return callee("__snapshot_mark_announced");
  }

private:
  llvm::FunctionCallee callee(llvm::StringRef Name);
  llvm::FunctionCallee stub();

  llvm::Module &M;
  Mode CodeMode;
};

/// Makes linking fail unless the runtime implements this plugin's abi.h, and
/// for the same working range.
void referenceAbiSymbol(llvm::Module &M);

/// Leaves an ELF note in section .note.snapshot: name "Snapshot", type 1,
/// description "pass <version> <options>".
void addNote(llvm::Module &M, const Options &Opts);

} // namespace snapshot

#endif
