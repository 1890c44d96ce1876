; Stores to the frame are not tracked, whichever way their address is computed.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @use(ptr)
declare ptr @llvm.launder.invariant.group.p0(ptr)

; CHECK-LABEL: define void @stack(
; CHECK-NOT:     @__snapshot
; CHECK:         ret void
define void @stack(i64 %i, i1 %c, ptr byval([4 x i64]) %arg) {
  %a = alloca [64 x i32]
  %b = alloca i32
  store i32 1, ptr %a
  %e = getelementptr inbounds [64 x i32], ptr %a, i64 0, i64 %i
  store i32 2, ptr %e
  %k = getelementptr i8, ptr %a, i64 8
  store volatile i32 2, ptr %k
  %s = select i1 %c, ptr %e, ptr %b
  store i32 3, ptr %s
  %f = freeze ptr %b
  store i32 3, ptr %f
  %l = call ptr @llvm.launder.invariant.group.p0(ptr %b)
  store i32 4, ptr %l
  %old = atomicrmw add ptr %b, i32 1 seq_cst
  store i64 5, ptr %arg
  ret void
}
; CHECK-LABEL: define void @loop_phi(
; CHECK-NOT:     @__snapshot
; CHECK:         ret void
define void @loop_phi(i1 %c) {
  %a = alloca [64 x i32]
  br label %loop
loop:
  %p = phi ptr [ %a, %0 ], [ %next, %loop ]
  store i32 1, ptr %p
  %next = getelementptr inbounds i32, ptr %p, i64 1
  br i1 %c, label %loop, label %exit
exit:
  ret void
}
; One of two is enough to be tracked.
; CHECK-LABEL: define void @stack_or_argument(
; CHECK:         @__snapshot_mark(ptr %s, i64 4)
define void @stack_or_argument(i1 %c, ptr %p) {
  %a = alloca i32
  %s = select i1 %c, ptr %a, ptr %p
  store i32 1, ptr %s
  ret void
}
; A pointer kept on the stack is not a pointer to the stack.
; CHECK-LABEL: define void @pointer_on_the_stack(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define void @pointer_on_the_stack(ptr %pp) {
  %a = alloca ptr
  call void @use(ptr %a)
  %p = load ptr, ptr %a
  store i32 1, ptr %p
  ret void
}
; The result's memory is the caller's, who may have it anywhere.
; CHECK-LABEL: define void @sret(
; CHECK:         @__snapshot_mark(ptr %r, i64 4)
define void @sret(ptr sret(i32) %r) {
  store i32 1, ptr %r
  ret void
}
; Offset pointers (Boost.Interprocess): the distance between two objects, added to a pointer to one of them.
; CHECK-LABEL: define void @offset_pointer(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define void @offset_pointer(i64 %distance) {
  %a = alloca i64
  %p = getelementptr i8, ptr %a, i64 %distance
  store i32 1, ptr %p
  ret void
}
; CHECK-LABEL: define void @through_an_integer(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define void @through_an_integer(i64 %distance) {
  %a = alloca i64
  %i = ptrtoint ptr %a to i64
  %j = add i64 %i, %distance
  %p = inttoptr i64 %j to ptr
  store i32 1, ptr %p
  ret void
}
