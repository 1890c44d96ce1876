; Library functions are the runtime's, but for mempcpy (inlined later), libatomic and libm's second results.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare ptr @memcpy(ptr, ptr, i64)
declare ptr @strcpy(ptr, ptr)
declare ptr @mempcpy(ptr, ptr, i64)
declare void @__atomic_store(i64, ptr, ptr, i32)
declare void @__atomic_load(i64, ptr, ptr, i32)
declare i1 @__atomic_compare_exchange(i64, ptr, ptr, ptr, i32, i32)
declare i1 @__atomic_compare_exchange_16(ptr, ptr, i128, i32, i32)
declare i128 @__atomic_load_16(ptr, i32)
declare i128 @__atomic_fetch_add_16(ptr, i128, i32)

; CHECK-LABEL: define void @f(
define void @f(ptr %p, ptr %q, ptr %r, i64 %n, i128 %v) {
; CHECK-NEXT: call ptr @memcpy
  %a = call ptr @memcpy(ptr %p, ptr %q, i64 8)
; CHECK-NEXT: call ptr @strcpy
  %b = call ptr @strcpy(ptr %p, ptr %q)
; CHECK-NEXT: call ptr @mempcpy
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 16)
  %c = call ptr @mempcpy(ptr %p, ptr %q, i64 16)
; CHECK-NEXT: call ptr @mempcpy
; CHECK-NEXT: [[P:%.*]] = freeze ptr %p
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr [[P]], i64 %n)
  %d = call ptr @mempcpy(ptr %p, ptr %q, i64 %n)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 24)
; CHECK-NEXT: call void @__atomic_store
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 24)
  call void @__atomic_store(i64 24, ptr %p, ptr %q, i32 5)
; CHECK-NEXT: call void @__atomic_load(
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %q, i64 24)
  call void @__atomic_load(i64 24, ptr %p, ptr %q, i32 5)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 24)
; CHECK-NEXT: call i1 @__atomic_compare_exchange(
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 24)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %q, i64 24)
  %e = call i1 @__atomic_compare_exchange(i64 24, ptr %p, ptr %q, ptr %r, i32 5, i32 5)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 16)
; CHECK-NEXT: call i1 @__atomic_compare_exchange_16(
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 16)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %q, i64 16)
  %g = call i1 @__atomic_compare_exchange_16(ptr %p, ptr %q, i128 %v, i32 5, i32 5)
; CHECK-NEXT: call i128 @__atomic_load_16
  %h = call i128 @__atomic_load_16(ptr %p, i32 5)
; CHECK-NEXT: call {{.*}}@__snapshot_announce(ptr %p, i64 16)
; CHECK-NEXT: call i128 @__atomic_fetch_add_16
; CHECK-NEXT: call {{.*}}@__snapshot_mark_announced(ptr %p, i64 16)
; CHECK-NEXT: ret void
  %i = call i128 @__atomic_fetch_add_16(ptr %p, i128 1, i32 5)
  ret void
}

declare double @frexp(double, ptr)
declare float @modff(float, ptr)
declare x86_fp80 @modfl(x86_fp80, ptr)
declare void @sincosf32x(double, ptr, ptr)
declare double @lgamma_r(double, ptr)
declare double @remquo(double, double, ptr)
declare double @frexpected(double, ptr)

; CHECK-LABEL: define void @second_results(
define void @second_results(ptr %p, ptr %q, double %d, float %f, x86_fp80 %l) {
; CHECK-NEXT: call double @frexp
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  %a = call double @frexp(double %d, ptr %p)
; CHECK-NEXT: call float @modff
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  %b = call float @modff(float %f, ptr %p)
; CHECK-NEXT: call x86_fp80 @modfl
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 10)
  %c = call x86_fp80 @modfl(x86_fp80 %l, ptr %p)
; CHECK-NEXT: call void @sincosf32x
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 8)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %q, i64 8)
  call void @sincosf32x(double %d, ptr %p, ptr %q)
; CHECK-NEXT: call double @lgamma_r
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  %e = call double @lgamma_r(double %d, ptr %p)
; CHECK-NEXT: call double @remquo
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  %g = call double @remquo(double %d, double %d, ptr %p)
; CHECK-NEXT: call double @frexpected
; CHECK-NEXT: ret void
  %h = call double @frexpected(double %d, ptr %p)
  ret void
}
