; memcpy, memmove and memset: constant and dynamic lengths, inline, volatile and atomic ones.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memcpy.p0.p0.i32(ptr, ptr, i32, i1)
declare void @llvm.memcpy.inline.p0.p0.i64(ptr, ptr, i64 immarg, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memset.inline.p0.i64(ptr, i8, i64 immarg, i1)
declare void @llvm.memcpy.element.unordered.atomic.p0.p0.i64(ptr, ptr, i64, i32 immarg)

; CHECK-LABEL: define void @f(
define void @f(ptr %p, ptr %q, i64 %n, i32 %n32) {
; CHECK:      call void @llvm.memcpy.p0.p0.i64(ptr %p, ptr %q, i64 24, i1 false)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 24)
  call void @llvm.memcpy.p0.p0.i64(ptr %p, ptr %q, i64 24, i1 false)
  fence seq_cst
; CHECK:      call void @llvm.memcpy.p0.p0.i64(ptr %p, ptr %q, i64 100000, i1 false)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 100000)
  call void @llvm.memcpy.p0.p0.i64(ptr %p, ptr %q, i64 100000, i1 false)
  fence seq_cst
; CHECK:      call void @llvm.memcpy.inline
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 16)
  call void @llvm.memcpy.inline.p0.p0.i64(ptr %p, ptr %q, i64 16, i1 false)
  fence seq_cst
; An undefined pointer is no error when the length is zero: hence freeze.
; CHECK:      call void @llvm.memmove
; CHECK-NEXT: [[P:%.*]] = freeze ptr %p
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr [[P]], i64 %n)
  call void @llvm.memmove.p0.p0.i64(ptr %p, ptr %q, i64 %n, i1 false)
  fence seq_cst
; CHECK:      call void @llvm.memcpy.p0.p0.i32
; CHECK:      [[N:%.*]] = zext i32 %n32 to i64
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 [[N]])
  call void @llvm.memcpy.p0.p0.i32(ptr %p, ptr %q, i32 %n32, i1 false)
  fence seq_cst
; CHECK:      call void @llvm.memset.p0
; CHECK:      call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 %n)
  call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 %n, i1 false)
  fence seq_cst
; CHECK:      call void @llvm.memset.inline
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 40)
  call void @llvm.memset.inline.p0.i64(ptr %p, i8 0, i64 40, i1 false)
  fence seq_cst
; CHECK:      call {{.*}}@__snapshot_announce(ptr %p, i64 8)
; CHECK-NEXT: call void @llvm.memset.p0
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 8)
  call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 8, i1 true)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 32)
; CHECK-NEXT: call void @llvm.memcpy.element
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 32)
  call void @llvm.memcpy.element.unordered.atomic.p0.p0.i64(ptr align 4 %p, ptr align 4 %q, i64 32, i32 4)
; CHECK-NEXT: call void @llvm.memset
; CHECK-NEXT: ret void
  call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 0, i1 false)
  ret void
}
