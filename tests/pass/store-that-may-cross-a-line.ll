; A byte asks one byte of the line map, what may cross a line asks two, whatever its alignment, what is larger calls.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-LABEL: define void @byte(
; CHECK-COUNT-1: load atomic volatile i8
; CHECK-NOT:   load atomic volatile
; CHECK:       ret void
define void @byte(ptr %p) {
  store i8 1, ptr %p
  ret void
}
; The alignment is a promise that programs break.
; CHECK-LABEL: define void @aligned(
; CHECK-COUNT-2: load atomic volatile i8
; CHECK:       call {{.*}}@__snapshot_mark_clean(ptr %p, i64 4)
define void @aligned(ptr %p) {
  store i32 1, ptr %p, align 4
  ret void
}
; CHECK-LABEL: define void @unaligned(
; CHECK:       fence syncscope("singlethread") seq_cst
; CHECK-NEXT:  [[A:%.*]] = ptrtoint ptr %p to i64
; CHECK-NEXT:  [[L1:%.*]] = lshr i64 [[A]], 6
; CHECK:       load atomic volatile i8
; CHECK-NEXT:  [[C1:%.*]] = icmp eq i8 {{.*}}, 0
; CHECK-NEXT:  [[B:%.*]] = add i64 [[A]], 3
; CHECK-NEXT:  [[L2:%.*]] = lshr i64 [[B]], 6
; CHECK:       load atomic volatile i8
; CHECK-NEXT:  [[C2:%.*]] = icmp eq i8 {{.*}}, 0
; CHECK-NEXT:  [[C:%.*]] = or i1 [[C1]], [[C2]]
; CHECK-NEXT:  br i1 [[C]], label %[[CALL:.*]], label
; CHECK:       [[CALL]]:
; CHECK-NEXT:  call {{.*}}@__snapshot_mark_clean(ptr %p, i64 4)
define void @unaligned(ptr %p) {
  store i32 1, ptr %p, align 2
  ret void
}
; CHECK-LABEL: define void @aligned_less_than_its_size(
; CHECK-COUNT-2: load atomic volatile
; CHECK:       call {{.*}}@__snapshot_mark_clean(ptr %p, i64 10)
define void @aligned_less_than_its_size(ptr %p) {
  store x86_fp80 0xK00000000000000000000, ptr %p, align 8
  ret void
}
; CHECK-LABEL: define void @aligned_by_the_argument(
; CHECK-COUNT-2: load atomic volatile i8
; CHECK:       call {{.*}}@__snapshot_mark_clean(ptr %p, i64 64)
define void @aligned_by_the_argument(ptr align 64 %p) {
  store <16 x i32> zeroinitializer, ptr %p, align 4
  ret void
}
; CHECK-LABEL: define void @larger_than_a_line(
; CHECK-NOT:   load atomic volatile
; CHECK:       call {{.*}}@__snapshot_mark(ptr %p, i64 128)
define void @larger_than_a_line(ptr %p) {
  store <32 x i32> zeroinitializer, ptr %p, align 128
  ret void
}
; A group has one span: two 4-byte stores are 8 bytes aligned to 4.
; CHECK-LABEL: define void @group(
; CHECK:       add i64 {{.*}}, 7
; CHECK:       call {{.*}}@__snapshot_mark_clean(ptr %p, i64 8)
define void @group(ptr %p) {
  store i32 1, ptr %p, align 4
  %q = getelementptr i8, ptr %p, i64 4
  store i32 1, ptr %q, align 4
  ret void
}
