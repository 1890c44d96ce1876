// The note that tells of an object how it was compiled, as readelf shows it.
// RUN: %clang -O2 -c %s -o %t.o
// RUN: llvm-readelf -n -S %t.o | FileCheck %s
// CHECK-DAG: .data.rel.ro.snapshot PROGBITS {{.*}} WAGR
// CHECK-DAG: .note.snapshot NOTE
// CHECK-DAG: Snapshot 0x{{[0-9a-f]+}}
void plain(int *p) { *p = 7; }
