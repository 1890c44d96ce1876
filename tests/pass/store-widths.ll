; The mark has the size that is stored, not the size in memory nor the register's.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

define void @f(ptr %p, i1 %b, i8 %i8, i16 %i16, i24 %i24, i32 %i32, i64 %i64, i128 %i128, float %f, double %d,
               x86_fp80 %l, <2 x i64> %v16, <8 x i32> %v32, <16 x i32> %v64, <3 x i8> %v3, { i64, i32 } %s, [3 x i16] %a) {
; CHECK-LABEL: define void @f(
; CHECK:      store i1 %b
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 1)
  store i1 %b, ptr %p
  fence seq_cst
; CHECK:      store i8 %i8
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 1)
  store i8 %i8, ptr %p
  fence seq_cst
; CHECK:      store i16
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 2)
  store i16 %i16, ptr %p
  fence seq_cst
; CHECK:      store i24
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 3)
  store i24 %i24, ptr %p
  fence seq_cst
; CHECK:      store i32
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  store i32 %i32, ptr %p
  fence seq_cst
; CHECK:      store i64
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 8)
  store i64 %i64, ptr %p
  fence seq_cst
; CHECK:      store i128
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 16)
  store i128 %i128, ptr %p
  fence seq_cst
; CHECK:      store float
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  store float %f, ptr %p
  fence seq_cst
; CHECK:      store double
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 8)
  store double %d, ptr %p
  fence seq_cst
; CHECK:      store x86_fp80
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 10)
  store x86_fp80 %l, ptr %p
  fence seq_cst
; CHECK:      store <2 x i64>
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 16)
  store <2 x i64> %v16, ptr %p
  fence seq_cst
; CHECK:      store <8 x i32>
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 32)
  store <8 x i32> %v32, ptr %p, !nontemporal !0
  fence seq_cst
; CHECK:      store <16 x i32>
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 64)
  store <16 x i32> %v64, ptr %p
  fence seq_cst
; CHECK:      store <3 x i8>
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 3)
  store <3 x i8> %v3, ptr %p
  fence seq_cst
; CHECK:      store { i64, i32 }
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 16)
  store { i64, i32 } %s, ptr %p
  fence seq_cst
; CHECK:      store [3 x i16]
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 6)
  store [3 x i16] %a, ptr %p
  ret void
}
!0 = !{i32 1}
