// Code that the sanitizers instrument as well is valid, and reading the line map is no race to them.
// RUN: %clang -O0 -g -fsanitize=address,undefined -c %s -o %t.o
// RUN: %clang -O2 -g -fsanitize=address,undefined -c %s -o %t.o
// RUN: %clang -O0 -g -fsanitize=thread -c %s -o %t.o
// RUN: %clang -O2 -g -fsanitize=thread -S -emit-llvm %s -o - | FileCheck %s
// RUN: %clang -O2 -g -fsanitize=memory -c %s -o %t.o
// RUN: %clang -O2 -fprofile-instr-generate -fcoverage-mapping -c %s -o %t.o
// RUN: %clang -O1 --coverage -c %s -o %t.o
// RUN: %clang -O2 -fstack-protector-strong -fsanitize=safe-stack -c %s -o %t.o

// CHECK-LABEL: @_Z5plainPl(
// CHECK:       call void @__tsan_write8
// CHECK-NOT:   @__tsan_read
// CHECK:       call {{.*}}@__snapshot_mark
// CHECK-NOT:   @__tsan_read
// CHECK:       ret void
void plain(long *p) { *p = 7; }

struct object {
  object();
  ~object();
};
int callee(long *p);
int throwing(long *p, long n) {
  object o;
  try {
    for (long i = 0; i < n; i++) p[i] = callee(p);
    return callee(p);
  } catch (int e) {
    *p = e;
    throw;
  }
}
