; What inline asm may write: memory outputs, and with a memory clobber every pointer it gets.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-LABEL: define void @f(
define void @f(ptr %p, ptr %q, i64 %n) {
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT: asm "movl $$1, $0"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
  call void asm "movl $$1, $0", "=*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %p)
; "+m" is an output and an input: one write.
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 8)
; CHECK-NEXT: asm "incq $0"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 8)
  call void asm "incq $0", "=*m,*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i64) %p, ptr elementtype(i64) %p)
; With the clobber as well, the input is a candidate, but the same one.
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 8)
; CHECK-NEXT: asm sideeffect "lock; incq $0"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 8)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 2)
  call void asm sideeffect "lock; incq $0", "=*m,*m,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i64) %p, ptr elementtype(i64) %p)
; Announcements do not nest: one has it, the others are marked.
; CHECK-NEXT: asm "two $0 $1"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 2)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %q, i64 1)
  call void asm "two $0 $1", "=*m,=*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i16) %p, ptr elementtype(i8) %q)
; An array of unknown length.
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 64)
; CHECK-NEXT: asm "array $0"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 64)
  call void asm "array $0", "=*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype([0 x i8]) %p)
; A pointer in a register, with and without the clobber; a register output comes first and takes no argument.
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 64)
; CHECK-NEXT: asm sideeffect "lock; xaddq $0, ($1)"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 64)
  %a = call i64 asm sideeffect "lock; xaddq $0, ($1)", "=r,r,0,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %p, i64 1)
; CHECK-NEXT: asm "movq ($1), $0"
  %b = call i64 asm "movq ($1), $0", "=r,r,~{dirflag},~{fpsr},~{flags}"(ptr %p)
; An input in memory, with and without the clobber.
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT: asm sideeffect "sneaky $0"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
  call void asm sideeffect "sneaky $0", "*m,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %p)
; CHECK-NEXT: asm sideeffect "honest $0"
  call void asm sideeffect "honest $0", "*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %p)
; Compiler barriers.
; CHECK-NEXT: asm sideeffect ""
; CHECK-NEXT: asm sideeffect ""
  call void asm sideeffect "", "~{memory},~{dirflag},~{fpsr},~{flags}"()
  call void asm sideeffect "", "r,~{memory},~{dirflag},~{fpsr},~{flags}"(ptr %p)
; The first output is the stack's: the other is announced.
; CHECK-NEXT: alloca
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT: asm "stack $0 $1"
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
; CHECK-NEXT: ret void
  %s = alloca i32
  call void asm "stack $0 $1", "=*m,=*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %s, ptr elementtype(i32) %p)
  ret void
}
