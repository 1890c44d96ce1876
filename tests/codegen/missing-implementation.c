// A plugin whose implementation for this compiler is not there says which is missing.
// RUN: rm -rf %t && mkdir %t && cp %plugin %t/snapshot-pass.so
// RUN: not %plain -fpass-plugin=%t/snapshot-pass.so -c %s -o %t.o 2>&1 | FileCheck %s
// CHECK: snapshot: no compiler pass for LLVM {{[0-9]+}} ({{.*}}/snapshot-pass-{{[0-9]+}}.so{{.*}}); use clang
int x;
