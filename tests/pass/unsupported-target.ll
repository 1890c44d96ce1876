; Another target is an error: code without tracking would lose data.
; RUN: not %opt -passes=snapshot -S %s 2>&1 | FileCheck %s
; RUN: not %opt -mtriple=i686-linux-gnu -passes=snapshot -S %s 2>&1 | FileCheck %s
; RUN: %opt -passes=snapshot -snapshot-mode=off -S %s

target triple = "aarch64-linux-gnu"

; CHECK: error: snapshot: cannot track stores on target '{{aarch64|i686}}{{.*}}', only on 64-bit x86 ELF
define void @f(ptr %p) {
  store i32 1, ptr %p
  ret void
}
