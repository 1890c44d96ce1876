; Naked functions and those with disable_sanitizer_instrumentation are left alone.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-LABEL: define void @opted_out(
; CHECK-NOT:     @__snapshot
; CHECK:         ret void
define void @opted_out(ptr %p) disable_sanitizer_instrumentation {
  store i32 1, ptr %p
  ret void
}
; CHECK-LABEL: define void @naked(
; CHECK-NOT:     @__snapshot
; CHECK:         unreachable
define void @naked(ptr %p) naked {
  call void asm sideeffect "ret", "~{memory}"()
  unreachable
}
; Instrumented: optnone, and bodies that are for inlining only (at link time they may yet be).
; CHECK-LABEL: define void @optnone(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define void @optnone(ptr %p) optnone noinline {
  store i32 1, ptr %p
  ret void
}
; CHECK-LABEL: define available_externally void @inline_only(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define available_externally void @inline_only(ptr %p) {
  store i32 1, ptr %p
  ret void
}
