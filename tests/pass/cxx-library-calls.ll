; What the compiled C++ library writes on behalf of a call is marked at the call: objects passed by reference, hidden
; results, counted characters, ranges; on each way out of the call.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

%string = type { ptr, i64, [16 x i8] }

declare ptr @_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKc(ptr dereferenceable(32), ptr)
declare void @_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6substrEmm(ptr sret(%string), ptr dereferenceable(32), i64, i64)
declare ptr @_ZNSirsERi(ptr dereferenceable(16), ptr dereferenceable(4))
declare ptr @_ZNSi4readEPcl(ptr dereferenceable(16), ptr, i64)
declare ptr @_ZNSt13basic_istreamIwSt11char_traitsIwEE4readEPwl(ptr dereferenceable(16), ptr, i64)
declare { ptr, i32 } @_ZSt8to_charsPcS_d(ptr, ptr, double)
declare ptr @_ZN3own6appendEPKc(ptr dereferenceable(32), ptr)
declare i32 @__gxx_personality_v0(...)

; CHECK-LABEL: define void @calls(
define void @calls(ptr %s, ptr %t, ptr %stream, ptr %p, i64 %n, double %d) {
; CHECK-NEXT: call ptr @_ZNSt7__cxx1112basic_string
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %s, i64 32)
  %a = call ptr @_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKc(ptr %s, ptr %p)
; CHECK-NEXT: call void @_ZNKSt7__cxx1112basic_string
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %t, i64 32)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %s, i64 32)
  call void @_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6substrEmm(ptr sret(%string) %t, ptr %s, i64 0, i64 %n)
; CHECK-NEXT: call ptr @_ZNSirsERi
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %stream, i64 16)
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %p, i64 4)
  %b = call ptr @_ZNSirsERi(ptr %stream, ptr %p)
; CHECK-NEXT: call ptr @_ZNSi4readEPcl
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %stream, i64 16)
; CHECK-NEXT: [[P:%.*]] = freeze ptr %p
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr [[P]], i64 %n)
  %c = call ptr @_ZNSi4readEPcl(ptr %stream, ptr %p, i64 %n)
; CHECK-NEXT: call ptr @_ZNSt13basic_istreamIw
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr %stream, i64 16)
; CHECK-NEXT: [[W:%.*]] = freeze ptr %p
; CHECK-NEXT: [[BYTES:%.*]] = mul i64 %n, 4
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr [[W]], i64 [[BYTES]])
  %e = call ptr @_ZNSt13basic_istreamIwSt11char_traitsIwEE4readEPwl(ptr %stream, ptr %p, i64 %n)
; CHECK-NEXT: call { ptr, i32 } @_ZSt8to_charsPcS_d
; CHECK-NEXT: [[FIRST:%.*]] = freeze ptr %p
; CHECK: [[LENGTH:%.*]] = sub i64
; CHECK-NEXT: call {{.*}}@__snapshot_mark(ptr [[FIRST]], i64 [[LENGTH]])
  %f = call { ptr, i32 } @_ZSt8to_charsPcS_d(ptr %p, ptr %t, double %d)
; CHECK-NEXT: call ptr @_ZN3own6append
; CHECK-NEXT: ret void
  %g = call ptr @_ZN3own6appendEPKc(ptr %s, ptr %p)
  ret void
}

; Two calls share a landing pad: each has its own way there.
; CHECK-LABEL: define void @may_throw(
; CHECK: invoke {{.*}}(ptr %s, ptr %p)
; CHECK: invoke {{.*}}(ptr %t, ptr %p)
; CHECK: landingpad
; CHECK: call {{.*}}@__snapshot_mark(ptr %s, i64 32)
; CHECK: landingpad
; CHECK: call {{.*}}@__snapshot_mark(ptr %t, i64 32)
define void @may_throw(ptr %s, ptr %t, ptr %p) personality ptr @__gxx_personality_v0 {
  %a = invoke ptr @_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKc(ptr %s, ptr %p)
          to label %next unwind label %pad
next:
  %b = invoke ptr @_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE6appendEPKc(ptr %t, ptr %p)
          to label %done unwind label %pad
done:
  ret void
pad:
  %caught = landingpad { ptr, i32 } cleanup
  resume { ptr, i32 } %caught
}
