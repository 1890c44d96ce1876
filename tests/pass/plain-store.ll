; A store is followed by the range check; the cold block asks the line map before it calls.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-LABEL: define void @f(
; CHECK-NEXT:    store i64 %v, ptr %p, align 8
; CHECK-NEXT:    [[A:%.*]] = ptrtoint ptr %p to i64
; CHECK-NEXT:    [[W:%.*]] = lshr i64 [[A]], [[BITS]]
; CHECK-NEXT:    [[IN:%.*]] = icmp eq i64 [[W]], [[INDEX]]
; CHECK-NEXT:    br i1 [[IN]], label %[[COLD:.*]], label %[[DONE:.*]], !prof [[UNLIKELY:!.*]]
; CHECK:       [[COLD]]:
; CHECK-NEXT:    fence syncscope("singlethread") seq_cst
; CHECK-NEXT:    [[A2:%.*]] = ptrtoint ptr %p to i64
; CHECK-NEXT:    [[L:%.*]] = lshr i64 [[A2]], 6
; CHECK-NEXT:    [[E:%.*]] = add i64 [[L]], [[MAP]]
; CHECK-NEXT:    [[EP:%.*]] = inttoptr i64 [[E]] to ptr
; CHECK-NEXT:    [[M:%.*]] = load atomic volatile i8, ptr [[EP]] monotonic, align 1, !nosanitize
; CHECK-NEXT:    [[C1:%.*]] = icmp eq i8 [[M]], 0
; CHECK-NEXT:    [[B:%.*]] = add i64 [[A2]], 7
; CHECK-NEXT:    [[L2:%.*]] = lshr i64 [[B]], 6
; CHECK-NEXT:    [[E2:%.*]] = add i64 [[L2]], [[MAP]]
; CHECK-NEXT:    [[EP2:%.*]] = inttoptr i64 [[E2]] to ptr
; CHECK-NEXT:    [[M2:%.*]] = load atomic volatile i8, ptr [[EP2]] monotonic, align 1, !nosanitize
; CHECK-NEXT:    [[C2:%.*]] = icmp eq i8 [[M2]], 0
; CHECK-NEXT:    [[CLEAN:%.*]] = or i1 [[C1]], [[C2]]
; CHECK-NEXT:    br i1 [[CLEAN]], label %[[CALL:.*]], label %[[JOIN:.*]]
; CHECK:       [[CALL]]:
; CHECK-NEXT:    call preserve_mostcc void @__snapshot_mark_clean(ptr %p, i64 8) [[NOUNWIND:#[0-9]+]]
; CHECK-NEXT:    br label %[[JOIN]]
; CHECK:       [[JOIN]]:
; CHECK-NEXT:    br label %[[DONE]]
; CHECK:       [[DONE]]:
; CHECK-NEXT:    ret void
define void @f(ptr %p, i64 %v) {
  store i64 %v, ptr %p, align 8
  ret void
}

; Neither lazily bound (the dynamic linker's resolver does not keep all that preserve_most does) nor promised
; not to read memory (the store may not sink below it).
; CHECK: declare preserve_mostcc void @__snapshot_mark_clean(ptr, i64) [[ATTRS:#[0-9]+]]
; CHECK: attributes [[ATTRS]] = { cold nounwind nonlazybind }
; CHECK: attributes [[NOUNWIND]] = { nounwind }
; CHECK: [[UNLIKELY]] = !{!"branch_weights", i32 1, i32 1048575}
