; What each mode emits, and that only those which need the runtime refer to it.
; RUN: %opt -passes=snapshot -snapshot-mode=off -S %s | FileCheck %s --check-prefix=OFF
; RUN: %opt -passes=snapshot -snapshot-mode=call -S %s | FileCheck %s --check-prefix=CALL
; RUN: %opt -passes=snapshot -snapshot-mode=check -S %s | FileCheck %s --check-prefix=RANGE
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s --check-prefix=OUTLINE
; RUN: %opt -passes=snapshot -snapshot-mode=full -S %s | FileCheck %s --check-prefix=FULL
; RUN: not %opt -passes=snapshot -snapshot-mode=fast -S %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; OFF-NOT: snapshot

; CALL-NOT:    __snapshot_abi
; CALL:        store i32
; CALL-NEXT:   call preserve_mostcc void @__snapshot_measure_call(ptr %p, i64 4)
; CALL-NEXT:   call preserve_mostcc void @__snapshot_measure_call(ptr %p, i64 4)
; CALL-NEXT:   atomicrmw
; CALL-NEXT:   call preserve_mostcc void @__snapshot_measure_call(ptr %p, i64 4)
; CALL-NEXT:   ret void
; CALL:        define linkonce_odr hidden preserve_mostcc void @__snapshot_measure_call(ptr %0, i64 %1)
; CALL-NEXT:     ret void

; RANGE-NOT:   @__snapshot_{{mark|announce|abi}}
; RANGE:       icmp eq i64 {{%.*}}, [[INDEX]]
; RANGE-NEXT:  br i1
; RANGE:       call void asm sideeffect "", ""()
; RANGE-NOT:   @__snapshot_{{mark|announce|abi}}
; RANGE:       ret void

; OUTLINE:     @[[ABI]] = external global i32
; OUTLINE:     store i32
; OUTLINE-NEXT: call preserve_mostcc void @__snapshot_mark(ptr %p, i64 4)
; OUTLINE-NEXT: call preserve_mostcc void @__snapshot_announce(ptr %p, i64 4)
; OUTLINE-NEXT: atomicrmw
; OUTLINE-NEXT: call preserve_mostcc void @__snapshot_mark_announced(ptr %p, i64 4)

; FULL:        @[[ABI]] = external global i32
; FULL:        icmp eq i64 {{%.*}}, [[INDEX]]

; UNKNOWN:     Cannot find option named 'fast'
define void @f(ptr %p) {
  store i32 1, ptr %p
  %x = atomicrmw add ptr %p, i32 1 seq_cst
  ret void
}
