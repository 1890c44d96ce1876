; An object without tracked stores needs no runtime, but says that it was looked at.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-NOT: __snapshot_abi
; CHECK:     @__snapshot_note
; CHECK-NOT: __snapshot_abi
define void @f() {
  %a = alloca i32
  store i32 1, ptr %a
  ret void
}
