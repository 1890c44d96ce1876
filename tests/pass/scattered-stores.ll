; Scatters test all lanes at once and then mark each lane's address.
; RUN: %opt -passes=snapshot -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @llvm.masked.scatter.v4i32.v4p0(<4 x i32>, <4 x ptr>, i32 immarg, <4 x i1>)
declare void @llvm.vp.scatter.v2i64.v2p0(<2 x i64>, <2 x ptr>, <2 x i1>, i32)
declare void @llvm.experimental.vp.strided.store.v2i64.p0.i64(<2 x i64>, ptr, i64, <2 x i1>, i32)
declare void @llvm.x86.avx512.mask.scatter.qps.512(ptr, <8 x i1>, <8 x i64>, <8 x float>, i32 immarg)
declare void @llvm.x86.avx512.mask.scattersiv2.di(ptr, <2 x i1>, <4 x i32>, <2 x i64>, i32 immarg)

; Undefined lanes are no error when the mask excludes them: hence freeze.
; CHECK-LABEL: define void @masked(
; CHECK-NEXT:    call void @llvm.masked.scatter
; CHECK-NEXT:    [[A:%.*]] = ptrtoint <4 x ptr> %p to <4 x i64>
; CHECK-NEXT:    [[AF:%.*]] = freeze <4 x i64> [[A]]
; CHECK-NEXT:    [[W:%.*]] = lshr <4 x i64> [[AF]]
; CHECK-NEXT:    [[IN:%.*]] = icmp eq <4 x i64> [[W]]
; CHECK-NEXT:    [[MF:%.*]] = freeze <4 x i1> %m
; CHECK-NEXT:    [[BOTH:%.*]] = and <4 x i1> [[IN]], [[MF]]
; CHECK-NEXT:    [[ANY:%.*]] = call i1 @llvm.vector.reduce.or.v4i1(<4 x i1> [[BOTH]])
; CHECK-NEXT:    br i1 [[ANY]]
; CHECK:         [[L0:%.*]] = extractelement <4 x i64> [[AF]], i64 0
; CHECK-NEXT:    [[P0:%.*]] = inttoptr i64 [[L0]] to ptr
; CHECK-NEXT:    call {{.*}}@__snapshot_mark(ptr [[P0]], i64 4)
; CHECK:         extractelement <4 x i64> [[AF]], i64 3
; CHECK:         call {{.*}}@__snapshot_mark({{.*}}, i64 4)
; CHECK-NOT:     @__snapshot_mark
; CHECK:         ret void
define void @masked(<4 x i32> %v, <4 x ptr> %p, <4 x i1> %m) {
  call void @llvm.masked.scatter.v4i32.v4p0(<4 x i32> %v, <4 x ptr> %p, i32 4, <4 x i1> %m)
  ret void
}
; CHECK-LABEL: define void @vp(
; CHECK-COUNT-2: call {{.*}}@__snapshot_mark({{.*}}, i64 8)
define void @vp(<2 x i64> %v, <2 x ptr> %p, <2 x i1> %m, i32 %n) {
  call void @llvm.vp.scatter.v2i64.v2p0(<2 x i64> %v, <2 x ptr> %p, <2 x i1> %m, i32 %n)
  ret void
}
; CHECK-LABEL: define void @strided(
; CHECK:         mul <2 x i64> {{.*}}, <i64 0, i64 1>
; CHECK-COUNT-2: call {{.*}}@__snapshot_mark({{.*}}, i64 8)
define void @strided(<2 x i64> %v, ptr %p, i64 %s, <2 x i1> %m, i32 %n) {
  call void @llvm.experimental.vp.strided.store.v2i64.p0.i64(<2 x i64> %v, ptr %p, i64 %s, <2 x i1> %m, i32 %n)
  ret void
}
; CHECK-LABEL: define void @x86(
; CHECK:         shufflevector <8 x i64> %i{{.*}}
; CHECK:         mul <8 x i64> {{.*}}i64 4
; CHECK-COUNT-8: call {{.*}}@__snapshot_mark({{.*}}, i64 4)
define void @x86(ptr %p, <8 x i1> %m, <8 x i64> %i, <8 x float> %v) {
  call void @llvm.x86.avx512.mask.scatter.qps.512(ptr %p, <8 x i1> %m, <8 x i64> %i, <8 x float> %v, i32 4)
  ret void
}
; Fewer data than indices. Indices are signed.
; CHECK-LABEL: define void @x86_fewer(
; CHECK:         [[I:%.*]] = shufflevector <4 x i32> %i, <4 x i32> {{.*}}, <2 x i32> <i32 0, i32 1>
; CHECK-NEXT:    sext <2 x i32> [[I]] to <2 x i64>
; CHECK-COUNT-2: call {{.*}}@__snapshot_mark({{.*}}, i64 8)
; CHECK-NOT:     @__snapshot_mark
; CHECK:         ret void
define void @x86_fewer(ptr %p, <2 x i1> %m, <4 x i32> %i, <2 x i64> %v) {
  call void @llvm.x86.avx512.mask.scattersiv2.di(ptr %p, <2 x i1> %m, <4 x i32> %i, <2 x i64> %v, i32 8)
  ret void
}
