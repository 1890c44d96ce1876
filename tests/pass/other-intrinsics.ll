; Intrinsics that save state or that nobody thought of are writes; cache control is none.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @llvm.va_start(ptr)
declare void @llvm.va_copy(ptr, ptr)
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare void @llvm.x86.fxsave64(ptr)
declare void @llvm.x86.xsave64(ptr, i32, i32)
declare void @llvm.x86.xrstor64(ptr, i32, i32)
declare void @llvm.x86.movdir64b(ptr, ptr)
declare void @llvm.x86.tilestored64.internal(i16, i16, ptr, i64, x86_amx)
declare x86_amx @llvm.x86.tilezero.internal(i16, i16)
declare void @llvm.init.trampoline(ptr, ptr, ptr)
declare void @llvm.x86.clwb(ptr)
declare void @llvm.x86.sse2.clflush(ptr)
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare void @llvm.lifetime.start.p0(i64, ptr)
declare ptr @llvm.launder.invariant.group.p0(ptr)
declare void @llvm.assume(i1)

; CHECK-LABEL: define void @writes(
define void @writes(ptr %p, ptr %q, ...) {
; CHECK:      call void @llvm.va_start
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 24)
  call void @llvm.va_start(ptr %p)
; CHECK-NEXT: call void @llvm.va_copy
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 24)
  call void @llvm.va_copy(ptr %p, ptr %q)
; CHECK-NEXT: va_arg
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 24)
  %x = va_arg ptr %p, i32
  fence seq_cst
; CHECK:      call void @llvm.x86.sse.stmxcsr
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  call void @llvm.x86.sse.stmxcsr(ptr %p)
; CHECK-NEXT: call void @llvm.x86.fxsave64
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 512)
  call void @llvm.x86.fxsave64(ptr %p)
; CHECK-NEXT: call void @llvm.x86.xsave64
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 16384)
  call void @llvm.x86.xsave64(ptr %p, i32 -1, i32 -1)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 64)
; CHECK-NEXT: call void @llvm.x86.movdir64b
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 64)
  call void @llvm.x86.movdir64b(ptr %p, ptr %q)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 64)
; CHECK-NEXT: call void @llvm.init.trampoline
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 64)
  call void @llvm.init.trampoline(ptr %p, ptr @writes, ptr %q)
  ret void
}
; CHECK-LABEL: define void @tile(
; CHECK-COUNT-16: call {{.*}}@__snapshot_mark({{.*}}, i64 64)
; CHECK-NOT: @__snapshot_mark
; CHECK: ret void
define void @tile(ptr %p, i64 %s) {
  %t = call x86_amx @llvm.x86.tilezero.internal(i16 16, i16 64)
  call void @llvm.x86.tilestored64.internal(i16 16, i16 64, ptr %p, i64 %s, x86_amx %t)
  ret void
}
; CHECK-LABEL: define void @no_writes(
; CHECK-NOT: @__snapshot
; CHECK: ret void
define void @no_writes(ptr %p, i1 %c) {
  call void @llvm.x86.sse.ldmxcsr(ptr %p)
  call void @llvm.x86.xrstor64(ptr %p, i32 -1, i32 -1)
  call void @llvm.x86.clwb(ptr %p)
  call void @llvm.x86.sse2.clflush(ptr %p)
  call void @llvm.prefetch.p0(ptr %p, i32 1, i32 3, i32 1)
  call void @llvm.assume(i1 %c)
  %q = call ptr @llvm.launder.invariant.group.p0(ptr %p)
  %a = alloca i32
  call void @llvm.lifetime.start.p0(i64 4, ptr %a)
  ret void
}
