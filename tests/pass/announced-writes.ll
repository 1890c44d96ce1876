; Atomic and volatile writes are announced before and marked after, with one range check.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-LABEL: define i32 @rmw(
; CHECK-NEXT:    [[A:%.*]] = ptrtoint ptr %p to i64
; CHECK-NEXT:    [[W:%.*]] = lshr i64 [[A]], [[BITS]]
; CHECK-NEXT:    [[IN:%.*]] = icmp eq i64 [[W]], [[INDEX]]
; CHECK-NEXT:    br i1 [[IN]], label %[[BEFORE:.*]], label %[[WRITE:.*]], !prof
; CHECK:       [[BEFORE]]:
; CHECK-NEXT:    call preserve_mostcc void @__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT:    br label %[[WRITE]]
; CHECK:       [[WRITE]]:
; CHECK-NEXT:    [[OLD:%.*]] = atomicrmw add ptr %p, i32 1 seq_cst
; CHECK-NEXT:    br i1 [[IN]], label %[[AFTER:.*]], label %[[DONE:.*]], !prof
; CHECK:       [[AFTER]]:
; CHECK-NEXT:    call preserve_mostcc void @__snapshot_mark_announced(ptr %p, i64 4)
; CHECK-NEXT:    br label %[[DONE]]
; CHECK:       [[DONE]]:
; CHECK-NEXT:    ret i32 [[OLD]]
define i32 @rmw(ptr %p) {
  %old = atomicrmw add ptr %p, i32 1 seq_cst
  ret i32 %old
}
; CHECK-LABEL: define {{.*}} @cmpxchg(
; CHECK:       call {{.*}}@__snapshot_announce(ptr %p, i64 16)
; CHECK:       cmpxchg
; CHECK:       call {{.*}}@__snapshot_mark_announced(ptr %p, i64 16)
define { i128, i1 } @cmpxchg(ptr %p, i128 %a, i128 %b) {
  %r = cmpxchg ptr %p, i128 %a, i128 %b seq_cst seq_cst
  ret { i128, i1 } %r
}
; CHECK-LABEL: define void @atomic_store(
; CHECK:       call {{.*}}@__snapshot_announce(ptr %p, i64 8)
; CHECK:       store atomic
; CHECK:       call {{.*}}@__snapshot_mark_announced(ptr %p, i64 8)
define void @atomic_store(ptr %p) {
  store atomic i64 1, ptr %p monotonic, align 8
  ret void
}
; CHECK-LABEL: define void @volatile_store(
; CHECK:       call {{.*}}@__snapshot_announce(ptr %p, i64 2)
; CHECK:       store volatile
; CHECK-NOT:   load atomic volatile
; CHECK:       call {{.*}}@__snapshot_mark_announced(ptr %p, i64 2)
define void @volatile_store(ptr %p) {
  store volatile i16 1, ptr %p
  ret void
}
