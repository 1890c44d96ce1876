; asm goto and asm that may throw are marked on every way out.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare i32 @__gxx_personality_v0(...)

; One way out has other ways in: the mark is on the edge.
; CHECK-LABEL: define i32 @asm_goto(
; CHECK:         br i1 %c, label %go, label %common
; CHECK:       go:
; CHECK-NEXT:    call {{.*}}@__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT:    callbr void asm
; CHECK-NEXT:    to label %[[FALL:.*]] [label %far]
; CHECK:       [[FALL]]:
; CHECK-NEXT:    call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
; CHECK-NEXT:    br label %common
; CHECK:       far:
; CHECK-NEXT:    call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
; CHECK-NEXT:    ret i32 1
define i32 @asm_goto(ptr %p, i1 %c) {
  br i1 %c, label %go, label %common
go:
  callbr void asm sideeffect "jmp ${1:l}", "=*m,!i,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %p)
          to label %common [label %far]
common:
  ret i32 0
far:
  ret i32 1
}

; Both ways out lead to one block, which has another way in.
; CHECK-LABEL: define i32 @both_ways_to_one_block(
; CHECK:       go:
; CHECK-NEXT:    call {{.*}}@__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT:    callbr void asm
; CHECK-NEXT:    to label %[[EDGE:.*]] [label %[[EDGE]]]
; CHECK:       [[EDGE]]:
; CHECK-NEXT:    call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
; CHECK-NEXT:    br label %common
; CHECK-NOT:     @__snapshot_mark_announced
; CHECK:         ret i32
define i32 @both_ways_to_one_block(ptr %p, i1 %c) {
  br i1 %c, label %go, label %common
go:
  callbr void asm sideeffect "jmp ${1:l}", "=*m,!i,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %p)
          to label %common [label %common]
common:
  %r = phi i32 [ 0, %0 ], [ 1, %go ], [ 1, %go ]
  ret i32 %r
}

; CHECK-LABEL: define i32 @throwing_asm(
; CHECK:         call {{.*}}@__snapshot_announce(ptr %p, i64 4)
; CHECK-NEXT:    invoke void asm
; CHECK:       ok:
; CHECK-NEXT:    call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
; CHECK:         landingpad
; CHECK-NEXT:      cleanup
; CHECK-NEXT:    call {{.*}}@__snapshot_mark_announced(ptr %p, i64 4)
define i32 @throwing_asm(ptr %p) personality ptr @__gxx_personality_v0 {
  invoke void asm sideeffect unwind "call thrower", "=*m,~{dirflag},~{fpsr},~{flags}"(ptr elementtype(i32) %p)
          to label %ok unwind label %bad
ok:
  ret i32 0
bad:
  %e = landingpad { ptr, i32 } cleanup
  resume { ptr, i32 } %e
}
