; The runtime tracks what library functions write, so no later pass may replace their calls by stores. LLVM honours
; nobuiltin for all but the fortified ones: those of fixed length are tracked here, the others called through a pointer.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s
; RUN: %opt -passes='snapshot,instcombine' -snapshot-mode=outline -S %s | FileCheck %s --check-prefix=LATER

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

@text = private constant [4 x i8] c"abc\00"

declare ptr @strcpy(ptr, ptr)
declare ptr @__strcpy_chk(ptr, ptr, i64)
declare ptr @__memcpy_chk(ptr, ptr, i64, i64)
declare ptr @malloc(i64)
declare void @free(ptr allocptr) allockind("free") "alloc-family"="malloc"
declare i64 @strlen(ptr) memory(argmem: read)

; CHECK-LABEL: define void @f(
; LATER-LABEL: define void @f(
define void @f(ptr %p, ptr %function) {
; CHECK-NEXT: call ptr @strcpy(ptr %p, ptr @text) [[STAYS:#[0-9]+]]
; LATER: call ptr @strcpy(
  %a = call ptr @strcpy(ptr %p, ptr @text)
; CHECK-NEXT: [[HIDDEN:%[0-9]+]] = call ptr asm "", "=r,0"(ptr @__strcpy_chk)
; CHECK-NEXT: call ptr [[HIDDEN]](ptr %p, ptr @text, i64 -1)
; LATER: call ptr asm "", "=r,0"(ptr {{.*}}@__strcpy_chk)
  %b = call ptr @__strcpy_chk(ptr %p, ptr @text, i64 -1)
; CHECK-NEXT: call ptr @__memcpy_chk(ptr %p, ptr @text, i64 4, i64 -1)
; CHECK-NEXT: call preserve_mostcc void @__snapshot_mark(ptr %p, i64 4)
; LATER: @__snapshot_mark
  %c = call ptr @__memcpy_chk(ptr %p, ptr @text, i64 4, i64 -1)
; A function that turns out at link time to be strcpy.
; CHECK-NEXT: call ptr %function(ptr %p, ptr @text) [[STAYS]]
  %d = call ptr %function(ptr %p, ptr @text)
; What only reads, allocates or frees is left to the optimiser.
; CHECK-NEXT: call i64 @strlen(ptr %p){{$}}
  %e = call i64 @strlen(ptr %p)
; CHECK-NEXT: call ptr @malloc(i64 8){{$}}
  %m = call ptr @malloc(i64 8)
; CHECK-NEXT: call void @free(ptr %m){{$}}
  call void @free(ptr %m)
  ret void
}

; CHECK: attributes [[STAYS]] = { nobuiltin }
