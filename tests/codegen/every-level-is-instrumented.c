// Stores are tracked at every level, with optnone, and in the compile step of both kinds of LTO.
// RUN: %clang -O0 -S %s -o - | FileCheck %s
// RUN: %clang -O1 -S %s -o - | FileCheck %s
// RUN: %clang -O2 -S %s -o - | FileCheck %s
// RUN: %clang -O3 -march=x86-64-v3 -S %s -o - | FileCheck %s
// RUN: %clang -Os -S %s -o - | FileCheck %s
// RUN: %clang -Oz -S %s -o - | FileCheck %s
// RUN: %clang -Og -g -S %s -o - | FileCheck %s
// RUN: %clang -O2 -mllvm -opt-bisect-limit=0 -S %s -o - 2>/dev/null | FileCheck %s
// RUN: %clang -O0 -fno-pic -mcmodel=large -S %s -o - | FileCheck %s --check-prefix=ANYCALL

// In memory order: the store, then the check, then the call; never bound lazily.
// CHECK-LABEL: plain:
// CHECK:         movl ${{7}}, (%
// CHECK:         shrq $[[BITS]]
// CHECK:         {{(callq[[:space:]]+[*]|movq[[:space:]]+)}}__snapshot_mark_clean@GOTPCREL(%rip)
// ANYCALL-LABEL: plain:
// ANYCALL-NOT:   __snapshot_mark_clean@PLT
// ANYCALL:       __snapshot_mark_clean
void plain(int *p) { *p = 7; }

// CHECK-LABEL: optnone:
// CHECK:         {{(callq[[:space:]]+[*]|movq[[:space:]]+)}}__snapshot_mark_clean@GOTPCREL(%rip)
__attribute__((optnone, noinline)) void optnone(int *p) { *p = 7; }

// CHECK-LABEL: stack:
// CHECK-NOT:     __snapshot
// CHECK-LABEL: .Lfunc_end
int stack(int v) {
  volatile int a = v;
  return a;
}
