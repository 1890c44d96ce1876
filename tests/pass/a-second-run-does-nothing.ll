; A module is instrumented once, however often the pass runs.
; RUN: %opt -passes='snapshot,snapshot' -snapshot-mode=outline -S %s | %opt -passes=snapshot -snapshot-mode=outline -S | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK:       store i32
; CHECK-NEXT:  @__snapshot_mark
; CHECK-NEXT:  ret void
define void @f(ptr %p) {
  store i32 1, ptr %p
  ret void
}
; CHECK: !{i32 7, !"snapshot.instrumented", i32 1}
