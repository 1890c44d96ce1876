// With LTO each store is checked once, and the reference to the ABI symbol survives.
// RUN: %clang -O2 -flto -c %s -o %t.bc
// RUN: llvm-dis %t.bc -o - | FileCheck %s --check-prefix=ONCE
// RUN: %clang -O2 -flto=thin -c %s -o %t.thin.bc
// RUN: llvm-dis %t.thin.bc -o - | FileCheck %s --check-prefix=ONCE
// Compiling the bitcode, the plugin loaded again, adds nothing.
// RUN: %clang -O2 -x ir %t.bc -S -o - | FileCheck %s
// RUN: %clang -O2 -x ir %t.thin.bc -S -o - | FileCheck %s

// ONCE-LABEL:   @plain(
// ONCE-COUNT-1: @__snapshot_mark_clean
// ONCE-NOT:     @__snapshot_mark_clean(ptr
// ONCE:         declare {{.*}}@__snapshot_mark_clean

// CHECK-LABEL:  plain:
// CHECK:        movl $7, (%rdi)
// CHECK-COUNT-1: callq *__snapshot_mark_clean@GOTPCREL(%rip)
// CHECK-NOT:    __snapshot_mark_clean
// CHECK:        [[ABI]]_wanted
void plain(int *p) { *p = 7; }
