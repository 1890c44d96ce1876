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
; CHECK-NEXT:    [[CLEAN:%.*]] = icmp eq i8 [[M]], 0
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
