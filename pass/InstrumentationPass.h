//===- InstrumentationPass.h - collect, filter, coalesce, emit ------------===//
#ifndef SNAPSHOT_PASS_INSTRUMENTATIONPASS_H
#define SNAPSHOT_PASS_INSTRUMENTATIONPASS_H

#include "Options.h"

#include "llvm/IR/PassManager.h"

namespace snapshot {

/// Tracks every write of a module, once: a second run does nothing, so that
/// link-time optimisation and the compilation of bitcode find the work done.
class InstrumentationPass : public llvm::PassInfoMixin<InstrumentationPass> {
public:
  explicit InstrumentationPass(Options Opts) : Opts(std::move(Opts)) {}

  llvm::PreservedAnalyses run(llvm::Module &M,
                              llvm::ModuleAnalysisManager &MAM);

  /// Also without optimisation, in optnone functions and under bisection: a
  /// store that is not tracked is data lost.
  static bool isRequired() { return true; }

private:
  Options Opts;
};

} // namespace snapshot

#endif
