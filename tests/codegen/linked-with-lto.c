// REQUIRES: lld
// The linker's optimiser keeps each check, and its order, and tells of a runtime that does not fit.
// RUN: %clang -O2 -flto -c %s -o %t.o
// RUN: %clang -O2 -flto %lld %t.o -shared -fPIC -o %t.so
// RUN: llvm-nm -D %t.so | FileCheck %s --check-prefix=WANTED
// RUN: not %clang -O2 -flto %lld -Wl,-z,defs %t.o -shared -fPIC -o %t.so 2>&1 | FileCheck %s --check-prefix=UNDEFINED
// RUN: not %clang -O2 -flto=thin %lld %s -o %t.exe 2>&1 | FileCheck %s --check-prefix=UNDEFINED
// RUN: not %clang -O2 %lld -Wl,--gc-sections %s -o %t.exe 2>&1 | FileCheck %s --check-prefix=UNDEFINED

// WANTED-DAG: U [[ABI]]
// WANTED-DAG: U __snapshot_mark
// UNDEFINED:  error: undefined symbol: [[ABI]]
void plain(int *p) { *p = 7; }
int main(void) { return 0; }
