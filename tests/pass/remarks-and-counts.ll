; Remarks tell each write's fate and sum up the module; so does the statistics file.
; RUN: rm -f %t.json
; RUN: %opt -passes=snapshot -pass-remarks=snapshot -pass-remarks-missed=snapshot -pass-remarks-analysis=snapshot -snapshot-stats-file=%t.json -S %s -o /dev/null 2>&1 | FileCheck %s
; RUN: FileCheck %s --check-prefix=JSON < %t.json
; RUN: not %opt -passes=snapshot -snapshot-stats-file=%t.json/x -S %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=UNWRITABLE

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

@g = global i32 0
@t = thread_local global i32 0
declare ptr @malloc(i64)

; CHECK-DAG: write not tracked: stack{{$}}
; CHECK-DAG: write not tracked: stack-alias
; CHECK-DAG: write not tracked: global
; CHECK-DAG: write not tracked: thread-local
; CHECK-DAG: write not tracked: fresh-allocation
; CHECK-DAG: write not tracked: address-space
; CHECK-DAG: nothing tells how much is written here; assuming 64 bytes
; CHECK-DAG: 2 writes tracked by one check
; CHECK-DAG: write announced and tracked
; CHECK-DAG: write tracked
; CHECK: module summary: 11 writes seen, 5 tracked by 4 checks (1 grouped), 1 skipped as stack, 1 skipped as stack-alias, 1 skipped as global, 1 skipped as thread-local, 1 skipped as fresh-allocation, 1 skipped as address-space

; JSON: {"after_loops":0,"checks":4,"grouped":1,"ignored_functions":1,
; JSON-SAME: "seen":11,"skipped":{"address-space":1,"empty":0,"fresh-allocation":1,"global":1,"stack":1,"stack-alias":1,"thread-local":1},"tracked":5}

; UNWRITABLE: error: snapshot: cannot write statistics to {{.*}}.json/x
define void @f(ptr %p, ptr %q, ptr %r, ptr addrspace(257) %fs) {
  %a = alloca i32
  store i32 1, ptr %a
  %b = alloca i32
  %c = icmp eq ptr %p, %q
  %ab = select i1 %c, ptr %a, ptr %b
  store i32 1, ptr %ab
  store i32 1, ptr @g
  store i32 1, ptr @t
  %m = call ptr @malloc(i64 4)
  store i32 1, ptr %m
  store i32 1, ptr addrspace(257) %fs
  store i32 1, ptr %p
  %p4 = getelementptr i8, ptr %p, i64 4
  store i32 1, ptr %p4
  store i32 1, ptr %q
  store volatile i32 1, ptr %q
  call void asm sideeffect "x $0", "r,~{memory}"(ptr %r)
  ret void
}
define void @out(ptr %p) disable_sanitizer_instrumentation {
  store i32 1, ptr %p
  ret void
}
