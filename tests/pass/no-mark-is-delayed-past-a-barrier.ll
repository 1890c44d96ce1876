; Where a program can commit, or tell another thread, what was stored before is marked.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @callee()
declare void @pure() memory(none) nounwind willreturn
declare i32 @__gxx_personality_v0(...)
declare i64 @llvm.x86.rdtsc()
declare void @llvm.x86.sse2.mfence()
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.eh.sjlj.longjmp(ptr)

; CHECK-LABEL: define void @call(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    call void @callee()
define void @call(ptr %p, ptr %q) {
  store i32 1, ptr %p
  call void @callee()
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @indirect_call(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    call void %q()
define void @indirect_call(ptr %p, ptr %q) {
  store i32 1, ptr %p
  call void %q()
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @even_a_pure_call(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @even_a_pure_call(ptr %p) {
  store i32 1, ptr %p
  call void @pure()
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @fence(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @fence(ptr %p) {
  store i32 1, ptr %p
  fence release
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @fence_intrinsic(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @fence_intrinsic(ptr %p) {
  store i32 1, ptr %p
  call void @llvm.x86.sse2.mfence()
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @atomic_load(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @atomic_load(ptr %p, ptr %q) {
  store i32 1, ptr %p
  %x = load atomic i32, ptr %q monotonic, align 4
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @atomic_store(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    @__snapshot_announce(ptr %q, i64 4)
; CHECK-NEXT:    store atomic
; CHECK-NEXT:    @__snapshot_mark_announced(ptr %q, i64 4)
; CHECK-NEXT:    store i32 2, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @atomic_store(ptr %p, ptr %q) {
  store i32 1, ptr %p
  store atomic i32 1, ptr %q release, align 4
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @atomic_on_the_stack(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @atomic_on_the_stack(ptr %p) {
  %a = alloca i32
  store i32 1, ptr %p
  %x = atomicrmw add ptr %a, i32 1 seq_cst
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @cmpxchg(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @cmpxchg(ptr %p, ptr %q) {
  store i32 1, ptr %p
  %x = cmpxchg ptr %q, i32 0, i32 1 seq_cst seq_cst
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @volatile_load(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @volatile_load(ptr %p, ptr %q) {
  store i32 1, ptr %p
  %x = load volatile i32, ptr %q
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @volatile_store_to_the_same_base(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK:         @__snapshot_announce(ptr %p4, i64 4)
define void @volatile_store_to_the_same_base(ptr %p) {
  store i32 1, ptr %p
  %p4 = getelementptr i8, ptr %p, i64 4
  store volatile i32 1, ptr %p4
  ret void
}
; CHECK-LABEL: define void @volatile_memset(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
define void @volatile_memset(ptr %p) {
  %a = alloca i32
  store i32 1, ptr %p
  call void @llvm.memset.p0.i64(ptr %a, i8 0, i64 4, i1 true)
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @asm(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    asm
define void @asm(ptr %p) {
  store i32 1, ptr %p
  call void asm sideeffect "", "~{memory}"()
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @end_of_block(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    br
; CHECK:         store i32 2, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    ret
define void @end_of_block(ptr %p) {
  store i32 1, ptr %p
  br label %next
next:
  store i32 2, ptr %p
  ret void
}
; CHECK-LABEL: define void @invoke(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    invoke void @callee()
; CHECK:         store i32 2, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK:         landingpad
; CHECK-NEXT:      cleanup
; CHECK-NEXT:    store i32 3, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    resume
define void @invoke(ptr %p) personality ptr @__gxx_personality_v0 {
  store i32 1, ptr %p
  invoke void @callee() to label %ok unwind label %bad
ok:
  store i32 2, ptr %p
  ret void
bad:
  %e = landingpad { ptr, i32 } cleanup
  store i32 3, ptr %p
  resume { ptr, i32 } %e
}
; CHECK-LABEL: define void @tail_call(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    musttail call void @tail_call(ptr %p)
; CHECK-NEXT:    ret void
define void @tail_call(ptr %p) {
  store i32 1, ptr %p
  musttail call void @tail_call(ptr %p)
  ret void
}
; CHECK-LABEL: define void @unreachable_end(
; CHECK:         store i32 1, ptr %p
; CHECK-NEXT:    @__snapshot_mark(ptr %p, i64 4)
; CHECK-NEXT:    unreachable
define void @unreachable_end(ptr %p) {
  store i32 1, ptr %p
  unreachable
}
