; Masked stores mark the whole vector: more than is written, never less.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @llvm.masked.store.v8i32.p0(<8 x i32>, ptr, i32 immarg, <8 x i1>)
declare void @llvm.masked.compressstore.v8i32(<8 x i32>, ptr, <8 x i1>)
declare void @llvm.vp.store.v4i64.p0(<4 x i64>, ptr, <4 x i1>, i32)
declare void @llvm.x86.avx.maskstore.pd.256(ptr, <4 x i64>, <4 x double>)
declare void @llvm.x86.avx2.maskstore.d(ptr, <4 x i32>, <4 x i32>)
declare void @llvm.x86.sse2.maskmov.dqu(<16 x i8>, <16 x i8>, ptr)
declare void @llvm.x86.avx512.mask.pmov.qb.mem.512(ptr, <8 x i64>, i8)

; CHECK-LABEL: define void @f(
define void @f(ptr %p, <8 x i32> %v, <8 x i1> %m, <4 x i64> %v4, <4 x i1> %m4, i32 %n, <4 x double> %d, <4 x i32> %w,
               <16 x i8> %b, <8 x i64> %q, i8 %k) {
; The address need not be a valid one if no lane is written.
; CHECK:      call void @llvm.masked.store
; CHECK-NEXT: [[P:%.*]] = freeze ptr %p
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr [[P]], i64 32)
  call void @llvm.masked.store.v8i32.p0(<8 x i32> %v, ptr %p, i32 4, <8 x i1> %m)
  fence seq_cst
; CHECK:      call void @llvm.masked.store
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 32)
  call void @llvm.masked.store.v8i32.p0(<8 x i32> %v, ptr %p, i32 4, <8 x i1> <i1 1, i1 0, i1 0, i1 0, i1 0, i1 0, i1 0, i1 0>)
  fence seq_cst
; CHECK:      call void @llvm.masked.compressstore
; CHECK:      call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 32)
  call void @llvm.masked.compressstore.v8i32(<8 x i32> %v, ptr %p, <8 x i1> %m)
  fence seq_cst
; CHECK:      call void @llvm.vp.store
; CHECK:      call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 32)
  call void @llvm.vp.store.v4i64.p0(<4 x i64> %v4, ptr %p, <4 x i1> %m4, i32 %n)
  fence seq_cst
; CHECK:      call void @llvm.x86.avx.maskstore.pd.256
; CHECK:      call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 32)
  call void @llvm.x86.avx.maskstore.pd.256(ptr %p, <4 x i64> %v4, <4 x double> %d)
  fence seq_cst
; CHECK:      call void @llvm.x86.avx2.maskstore.d
; CHECK:      call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 16)
  call void @llvm.x86.avx2.maskstore.d(ptr %p, <4 x i32> %w, <4 x i32> %w)
  fence seq_cst
; CHECK:      call void @llvm.x86.sse2.maskmov.dqu
; CHECK:      call {{.*}}@__snapshot_mark(ptr {{.*}}, i64 16)
  call void @llvm.x86.sse2.maskmov.dqu(<16 x i8> %b, <16 x i8> %b, ptr %p)
  fence seq_cst
; Not listed by name: the widest vector there is.
; CHECK:      call void @llvm.x86.avx512.mask.pmov.qb.mem.512
; CHECK:      call {{.*}}@__snapshot_mark{{.*}}(ptr {{.*}}, i64 64)
  call void @llvm.x86.avx512.mask.pmov.qb.mem.512(ptr %p, <8 x i64> %q, i8 %k)
  ret void
}
