; Plain stores of one block to one base at constant offsets share a check after the last.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s --check-prefix=SPAN
; RUN: %opt -passes=snapshot -snapshot-mode=outline -snapshot-group=false -S %s | FileCheck %s --check-prefix=EACH

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.lifetime.start.p0(i64, ptr)
declare void @llvm.assume(i1)
declare double @llvm.sqrt.f64(double)

; CHECK-LABEL: define void @fields(
; CHECK-COUNT-3: store i32
; CHECK-NEXT:    ptrtoint ptr %p to i64
; CHECK:         icmp eq
; CHECK-NOT:     lshr i64 {{.*}}, [[BITS]]
; CHECK:         ret void
; SPAN-LABEL:  define void @fields(
; SPAN:          store i32 3
; SPAN-NEXT:     @__snapshot_mark(ptr %p, i64 24)
; SPAN-NEXT:     ret void
; EACH-LABEL:  define void @fields(
; EACH:          store i32 1
; EACH-NEXT:     @__snapshot_mark(ptr %f8, i64 4)
; EACH-NEXT:     store i32 2
; EACH-NEXT:     @__snapshot_mark(ptr %p, i64 4)
; EACH:          store i32 3
; EACH-NEXT:     @__snapshot_mark(ptr %f20, i64 4)
define void @fields(ptr %p) {
  %f8 = getelementptr i8, ptr %p, i64 8
  store i32 1, ptr %f8
  store i32 2, ptr %p
  %f20 = getelementptr i8, ptr %p, i64 20
  store i32 3, ptr %f20
  ret void
}
; Negative offsets; the lowest address leads.
; SPAN-LABEL:  define void @negative(
; SPAN:          @__snapshot_mark(ptr %m8, i64 12)
; SPAN-NEXT:     ret void
define void @negative(ptr %p) {
  store i32 1, ptr %p
  %m8 = getelementptr i8, ptr %p, i64 -8
  store i32 1, ptr %m8
  ret void
}
; Each base has its own check, each after its own last store.
; SPAN-LABEL:  define void @two_bases(
; SPAN:          store i32 3, ptr %p4
; SPAN-NEXT:     @__snapshot_mark(ptr %p, i64 8)
; SPAN:          store i32 4, ptr %q4
; SPAN-NEXT:     @__snapshot_mark(ptr %q, i64 8)
; SPAN-NEXT:     ret void
define void @two_bases(ptr %p, ptr %q) {
  store i32 1, ptr %p
  store i32 2, ptr %q
  %p4 = getelementptr i8, ptr %p, i64 4
  store i32 3, ptr %p4
  %q4 = getelementptr i8, ptr %q, i64 4
  store i32 4, ptr %q4
  ret void
}
; A gap of a line or more is not marked; up to that no line lies within it.
; SPAN-LABEL:  define void @gap(
; SPAN:          @__snapshot_mark(ptr %p, i64 72)
; SPAN-NEXT:     @__snapshot_mark(ptr %p136, i64 4)
; SPAN-NEXT:     ret void
define void @gap(ptr %p) {
  store i32 1, ptr %p
  %p68 = getelementptr i8, ptr %p, i64 67
  store i32 1, ptr %p68
  %p71 = getelementptr i8, ptr %p, i64 71
  store i8 1, ptr %p71
  %p136 = getelementptr i8, ptr %p, i64 136
  store i32 1, ptr %p136
  ret void
}
; SPAN-LABEL:  define void @far_apart(
; SPAN:          store i32 1, ptr %p
; SPAN-NEXT:     @__snapshot_mark(ptr %p, i64 4)
; SPAN:          store i32 1, ptr %p253
; SPAN-NEXT:     @__snapshot_mark(ptr %p253, i64 4)
; SPAN-NEXT:     ret void
define void @far_apart(ptr %p) {
  store i32 1, ptr %p
  %p253 = getelementptr i8, ptr %p, i64 253
  store i32 1, ptr %p253
  ret void
}
; Copies of constant size are stores like others; these intrinsics tell nobody anything.
; SPAN-LABEL:  define double @harmless_between(
; SPAN-NOT:      @__snapshot
; SPAN:          store i32 2, ptr %p24
; SPAN-NEXT:     @__snapshot_mark(ptr %p, i64 28)
; SPAN-NEXT:     ret double
define double @harmless_between(ptr %p, ptr %q, i64 %n, i1 %c, double %x) {
  %a = alloca [64 x i8]
  store i32 1, ptr %p
  call void @llvm.lifetime.start.p0(i64 64, ptr %a)
  call void @llvm.assume(i1 %c)
  call void @llvm.memset.p0.i64(ptr %a, i8 0, i64 64, i1 false)
  %r = call double @llvm.sqrt.f64(double %x)
  %l = load i32, ptr %q
  %p8 = getelementptr i8, ptr %p, i64 8
  call void @llvm.memcpy.p0.p0.i64(ptr %p8, ptr %q, i64 16, i1 false)
  %p24 = getelementptr i8, ptr %p, i64 24
  store i32 2, ptr %p24
  ret double %r
}
; A variable offset makes another base.
; SPAN-LABEL:  define void @variable(
; SPAN-COUNT-2:  @__snapshot_mark(ptr %{{p|pi}}, i64 4)
define void @variable(ptr %p, i64 %i) {
  store i32 1, ptr %p
  %pi = getelementptr i32, ptr %p, i64 %i
  store i32 1, ptr %pi
  ret void
}
