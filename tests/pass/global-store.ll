; Globals and thread-locals are not tracked; what a global pointer points to is.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

@g = global [8 x i32] zeroinitializer
@e = external global i32
@alias = alias i32, ptr @g
@t = thread_local global i32 0
@gp = global ptr null
declare ptr @llvm.threadlocal.address.p0(ptr)

; CHECK-LABEL: define void @globals(
; CHECK-NOT:     @__snapshot
; CHECK:         ret void
define void @globals(i64 %i, ptr addrspace(257) %fs, ptr addrspace(256) %gs, ptr addrspace(270) %p32) {
  store i32 1, ptr @g
  %p = getelementptr inbounds [8 x i32], ptr @g, i64 0, i64 %i
  store i32 1, ptr %p
  store i32 1, ptr getelementptr (i8, ptr @g, i64 4)
  store i32 1, ptr @e
  store i32 1, ptr @alias
  store i32 1, ptr @t
  %t = call ptr @llvm.threadlocal.address.p0(ptr @t)
  store i32 1, ptr %t
  store i32 1, ptr addrspace(257) %fs
  store i32 1, ptr addrspace(256) %gs
  store i32 1, ptr addrspace(270) %p32
  ret void
}
; CHECK-LABEL: define void @pointee(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define void @pointee() {
  %p = load ptr, ptr @gp
  store i32 1, ptr %p
  ret void
}
; CHECK-LABEL: define void @constant_address(
; CHECK:         @__snapshot_mark(ptr inttoptr (i64 35184372088832 to ptr), i64 4)
define void @constant_address() {
  store i32 1, ptr inttoptr (i64 35184372088832 to ptr)
  ret void
}
; CHECK-LABEL: define void @wide_pointer(
; CHECK:         [[P:%.*]] = addrspacecast ptr addrspace(272) %p to ptr
; CHECK:         @__snapshot_mark(ptr [[P]], i64 4)
define void @wide_pointer(ptr addrspace(272) %p) {
  store i32 1, ptr addrspace(272) %p
  ret void
}
