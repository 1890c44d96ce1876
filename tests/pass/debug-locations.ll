; The calls have the store's location, or line 0 where it has none.
; RUN: %opt -passes='snapshot,verify' -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

; CHECK-LABEL: define void @f(
; CHECK:         call {{.*}}@__snapshot_mark_clean({{.*}}, !dbg [[STORE:![0-9]+]]
; CHECK-LABEL: define void @g(
; CHECK:         call {{.*}}@__snapshot_mark_clean({{.*}}, !dbg [[ZERO:![0-9]+]]
; CHECK:       [[STORE]] = !DILocation(line: 7, column: 3
; CHECK:       [[ZERO]] = !DILocation(line: 0
define void @f(ptr %p) !dbg !4 {
  store i32 1, ptr %p, !dbg !6
  ret void, !dbg !7
}
define void @g(ptr %p) !dbg !5 {
  store i32 1, ptr %p
  ret void
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1, emissionKind: FullDebug)
!1 = !DIFile(filename: "f.c", directory: "/")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !DISubroutineType(types: !{null})
!4 = distinct !DISubprogram(name: "f", file: !1, line: 6, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!5 = distinct !DISubprogram(name: "g", file: !1, line: 9, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!6 = !DILocation(line: 7, column: 3, scope: !4)
!7 = !DILocation(line: 8, column: 1, scope: !4)
