; Fresh results of the C and C++ allocators are not tracked, unless asked for.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s
; RUN: %opt -passes=snapshot -snapshot-mode=outline -snapshot-track-allocations -S %s | FileCheck %s --check-prefix=ALL

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare ptr @malloc(i64)
declare ptr @calloc(i64, i64)
declare ptr @realloc(ptr, i64)
declare ptr @_Znwm(i64)
declare ptr @_ZnamSt11align_val_t(i64, i64)
declare noalias ptr @my_alloc(i64) allockind("alloc,uninitialized") allocsize(0)
declare ptr @lookup(ptr)

; CHECK-LABEL: define void @fresh(
; CHECK-NOT:     @__snapshot
; CHECK:         ret void
; ALL-LABEL:   define void @fresh(
; ALL-COUNT-6:   @__snapshot_mark
define void @fresh(i64 %n, i64 %i) {
  %a = call ptr @malloc(i64 %n)
  store i32 1, ptr %a
  %b = call ptr @calloc(i64 %n, i64 4)
  %bi = getelementptr inbounds i32, ptr %b, i64 %i
  store i32 1, ptr %bi
  %c = call ptr @realloc(ptr %a, i64 %n)
  store i32 1, ptr %c
  %d = call ptr @_Znwm(i64 %n)
  store i32 1, ptr %d
  %e = call ptr @_ZnamSt11align_val_t(i64 %n, i64 64)
  store i32 1, ptr %e
  %f = call ptr @_Znwm(i64 %n) nobuiltin
  store i32 1, ptr %f
  ret void
}
; An allocator that only promises a fresh object may take it from a mapped file.
; CHECK-LABEL: define void @own_allocator(
; CHECK:         @__snapshot_mark(ptr %a, i64 4)
define void @own_allocator(i64 %n) {
  %a = call noalias ptr @my_alloc(i64 %n)
  store i32 1, ptr %a
  ret void
}
; A replacement of a library function, in the same module.
; CHECK-LABEL: define ptr @valloc(
define ptr @valloc(i64 %n) {
  %a = call noalias ptr @my_alloc(i64 %n)
  ret ptr %a
}
; CHECK-LABEL: define void @replaced(
; CHECK:         @__snapshot_mark(ptr %a, i64 4)
define void @replaced(i64 %n) {
  %a = call ptr @valloc(i64 %n)
  store i32 1, ptr %a
  ret void
}
; What is loaded from the allocation is not the allocation.
; CHECK-LABEL: define void @loaded(
; CHECK:         @__snapshot_mark(ptr %p, i64 4)
define void @loaded() {
  %a = call ptr @calloc(i64 1, i64 8)
  %p = load ptr, ptr %a
  store i32 1, ptr %p
  ret void
}
