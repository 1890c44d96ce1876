//===- Plugin.cpp - registration with the compiler ------------------------===//
//
// PluginLoader.c is what the compiler loads. It chooses the implementation that
// is built for the compiler's version of LLVM. The name of the entry point is
// not the one that compilers look for, lest one of another version take it.
//
//===----------------------------------------------------------------------===//
#include "InstrumentationPass.h"

#include "snapshot/version.h"

#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"

using namespace llvm;

namespace snapshot {

static void addPass(ModulePassManager &MPM) {
  MPM.addPass(InstrumentationPass(currentOptions()));
}

static void registerPass(PassBuilder &PB) {
  // The last extension point of the optimiser, which exists at every level,
  // -O0 and the compile step of -flto included. Generic, because LLVM 20 adds
  // a parameter.
  PB.registerOptimizerLastEPCallback(
      [](ModulePassManager &MPM, auto &&...) { addPass(MPM); });

  // opt -passes=snapshot
  PB.registerPipelineParsingCallback(
      [](StringRef Name, ModulePassManager &MPM,
         ArrayRef<PassBuilder::PipelineElement>) {
        if (Name != "snapshot")
          return false;
        addPass(MPM);
        return true;
      });
}

} // namespace snapshot

extern "C" __attribute__((visibility("default"))) PassPluginLibraryInfo
snapshotPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "Snapshot", SNAPSHOT_VERSION_STRING,
          snapshot::registerPass};
}
