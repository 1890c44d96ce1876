// A compiler that there is no pass for says so, whichever way the plugin is loaded.
// REQUIRES: old-clang
// RUN: not %old_clang -fpass-plugin=%plugin -c %s -o %t.o 2>&1 | FileCheck %s
// RUN: not %old_clang -fplugin=%plugin -fpass-plugin=%plugin -mllvm -snapshot-mode=full -c %s -o %t.o 2>&1 | FileCheck %s
// CHECK: snapshot: the compiler's LLVM is older than 16; use clang {{[0-9]+}}
int x;
