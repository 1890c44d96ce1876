// What becomes of each write, asked for as users do: at the line of the write, and each kind only when it is asked for.
// RUN: %clang -O2 -c %s -o %t.o -Rpass=snapshot 2>&1 | FileCheck %s --check-prefix=TRACKED \
// RUN:   --implicit-check-not=remark:
// RUN: %clang -O2 -c %s -o %t.o -Rpass-missed=snapshot 2>&1 | FileCheck %s --check-prefix=MISSED \
// RUN:   --implicit-check-not=remark:
// RUN: %clang -O2 -c %s -o %t.o -Rpass-analysis=snapshot 2>&1 | FileCheck %s --check-prefix=ANALYSIS \
// RUN:   --implicit-check-not=remark:
// RUN: %clang -O2 -c %s -o %t.o 2>&1 | FileCheck %s --check-prefix=SILENCE --allow-empty
// SILENCE-NOT: remark:

int global;
void write_all(int *p, char *q) {
  // TRACKED-DAG: remarks.c:[[#@LINE+1]]:6: remark: write tracked [-Rpass=snapshot]
  *p = 1;
  // MISSED-DAG: remarks.c:[[#@LINE+1]]:10: remark: write not tracked: global [-Rpass-missed=snapshot]
  global = 1;
  // TRACKED-DAG: remarks.c:[[#@LINE+2]]:3: remark: write announced and tracked [-Rpass=snapshot]
  // ANALYSIS-DAG: remarks.c:[[#@LINE+1]]:3: remark: nothing tells how much {{.*}} 64 bytes [-Rpass-analysis=snapshot]
  __asm__ volatile("incb (%0)" ::"r"(q) : "memory");
}
// ANALYSIS-DAG: remark: module summary: 3 writes seen, 2 tracked {{.*}}, 1 skipped as global [-Rpass-analysis=snapshot]
