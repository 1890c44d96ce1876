// The modes for measuring, through the compiler's own command line.
// RUN: %clang -O2 -mllvm -snapshot-mode=off -S %s -o - | FileCheck %s --check-prefix=OFF
// RUN: %clang -O2 -mllvm -snapshot-mode=check -S %s -o - | %body plain %leaf | FileCheck %s --check-prefix=RANGE
// RUN: %clang -O2 -mllvm -snapshot-mode=call -S %s -o - | %body plain | FileCheck %s --check-prefix=CALL
// RUN: %clang -O2 -mllvm -snapshot-mode=call %s -o %t.exe
// RUN: %t.exe
// RUN: %clang -O2 -mllvm -snapshot-mode=check %s -o %t.exe
// RUN: %t.exe

// OFF-NOT:    snapshot
// RANGE:      movl $7, (%rdi)
// RANGE:      shrq $[[BITS]], %rdi
// RANGE-NEXT: cmp{{.*}} $[[INDEX]]
// RANGE-NEXT: je
// RANGE-NEXT: retq
// CALL:       movl $7, (%rdi)
// CALL:       callq __snapshot_measure_call
void plain(int *p) { *p = 7; }
int main(void) {
  int a;
  plain(&a);
  return a - 7;
}
