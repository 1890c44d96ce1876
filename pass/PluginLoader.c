// The plugin that the compiler loads. It is C and needs nothing of LLVM, so
// that any compiler, whatever its version, can load it; then it loads the
// implementation built for that version from its own directory, or says that
// there is none. (A plugin that does need LLVM's symbols fails obscurely in the
// wrong compiler, or worse, does not fail.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "PluginDigest.h"

// As in llvm/Passes/PassPlugin.h; unchanged since LLVM 7.
struct PassPluginLibraryInfo {
  uint32_t api_version;
  const char *plugin_name;
  const char *plugin_version;
  void (*register_pass_builder_callbacks)(void *pass_builder);
};
typedef struct PassPluginLibraryInfo plugin_info_function(void);

// From LLVM's C interface, since LLVM 16; weak, so null in an older compiler.
extern void LLVMGetVersion(unsigned *major, unsigned *minor, unsigned *patch)
    __attribute__((weak));
// In all versions: tells an older LLVM from no LLVM at all.
extern void *LLVMContextCreate(void) __attribute__((weak));

static plugin_info_function *implementation_info;

// Compiler caches tell plugins apart by the file named with -fplugin, this one,
// be it by its time or its content. So it must change when an implementation
// does.
__attribute__((used)) static const char implementations_digest[] =
    SNAPSHOT_PLUGIN_DIGEST;

static void load_implementation(unsigned llvm_major) {
  Dl_info self;
  char path[4096];
  const char *slash = dladdr((void *)&implementation_info, &self)
                          ? strrchr(self.dli_fname, '/')
                          : NULL;
  int directory_length = slash ? (int)(slash - self.dli_fname) : 1;
  snprintf(path, sizeof path, "%.*s/snapshot-pass-%u.so", directory_length,
           slash ? self.dli_fname : ".", llvm_major);
  void *implementation = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (implementation) {
    implementation_info =
        (plugin_info_function *)dlsym(implementation, "snapshotPassPluginInfo");
  } else {
    fprintf(stderr,
            "snapshot: no compiler pass for LLVM %u (%s); use "
            "clang " SNAPSHOT_LLVM_VERSIONS "\n",
            llvm_major, dlerror());
  }
}

// On loading, and not first in llvmGetPassPluginInfo: the implementation's
// options have to be known before the compiler reads its -mllvm arguments.
__attribute__((constructor)) static void choose_implementation(void) {
  if (LLVMGetVersion) {
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    load_implementation(major);
  } else if (LLVMContextCreate) {
    fprintf(stderr, "snapshot: the compiler's LLVM is older than 16; use "
                    "clang " SNAPSHOT_LLVM_VERSIONS "\n");
  } else {
    fprintf(stderr, "snapshot: the compiler is not based on LLVM; use "
                    "clang " SNAPSHOT_LLVM_VERSIONS "\n");
  }
}

// Without an implementation, the interface version 0, which every compiler
// refuses with an error of its own.
__attribute__((visibility("default"))) struct PassPluginLibraryInfo
llvmGetPassPluginInfo(void) {
  struct PassPluginLibraryInfo none = {0, "Snapshot", "none", NULL};
  return implementation_info ? implementation_info() : none;
}
