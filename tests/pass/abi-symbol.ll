; An object with tracked stores refers to the version symbol; each object carries a note.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK: $[[REF:.*]] = comdat any
; CHECK: @[[ABI]] = external global i32
; CHECK: @[[REF]] = linkonce_odr hidden global ptr @[[ABI]], section ".data.rel.ro.snapshot", comdat
; CHECK: @__snapshot_note = private constant { i32, i32, i32, [12 x i8], [{{[0-9]+}} x i8] } { i32 9, i32 [[SIZE:[0-9]+]], i32 1, [12 x i8] c"Snapshot\00\00\00\00", [[[SIZE]] x i8] c"pass {{.*}} abi 1 range {{.*}} mode=full source {{.*}}abi-symbol.ll\00{{.*}}" }, section ".note.snapshot", align 4
; CHECK: @llvm.used = appending global [2 x ptr] [ptr @[[REF]], ptr @__snapshot_note]
define void @f(ptr %p) {
  store i32 1, ptr %p
  ret void
}
