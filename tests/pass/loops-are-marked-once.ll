; A loop that writes a range from end to end is followed by one mark of the range. With outlined marks, so that
; each is one call.
; RUN: %opt -passes=snapshot -snapshot-mode=outline -S %s | FileCheck %s
; RUN: %opt -passes=snapshot -S %s | FileCheck %s --check-prefix=CHECKED
; RUN: %opt -passes=snapshot -snapshot-mode=outline -snapshot-group=false -S %s | FileCheck %s --check-prefix=EACH

target triple = "x86_64-unknown-linux-gnu"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"

declare void @f()

; CHECK-LABEL: define void @up(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:         br i1 %c, label %loop, label %done
; CHECK:       done:
; CHECK-NEXT:    [[END:%.*]] = getelementptr i8, ptr %a, i64 8
; CHECK-NEXT:    [[E:%.*]] = ptrtoint ptr [[END]] to i64
; CHECK-NEXT:    [[B:%.*]] = ptrtoint ptr %p to i64
; CHECK-NEXT:    [[BYTES:%.*]] = sub i64 [[E]], [[B]]
; CHECK-NEXT:    call preserve_mostcc void @__snapshot_mark(ptr %p, i64 [[BYTES]])
; CHECK-NEXT:    ret void
; The range check is of the first address, and after the loop.
; CHECKED-LABEL: define void @up(
; CHECKED:       loop:
; CHECKED-NOT:     lshr
; CHECKED:       done:
; CHECKED:         ptrtoint ptr %p to i64
; CHECKED-NEXT:    lshr i64 {{.*}}, [[BITS]]
; CHECKED:         call {{.*}}@__snapshot_mark(ptr %p, i64 {{.*}})
; EACH-LABEL: define void @up(
; EACH:       loop:
; EACH:         call {{.*}}@__snapshot_mark(ptr %a, i64 8)
; EACH:       done:
; EACH-NEXT:    ret void
define void @up(ptr %p, i64 %n, i64 %v) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %a = getelementptr inbounds i64, ptr %p, i64 %i
  store i64 %v, ptr %a
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; Downwards: from the last address to the end of the first write.
; CHECK-LABEL: define void @down(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK:         [[END:%.*]] = getelementptr i8, ptr %p, i64 4
; CHECK:         call {{.*}}@__snapshot_mark(ptr %a,
define void @down(ptr %p, ptr %stop) {
entry:
  br label %loop
loop:
  %a = phi ptr [ %p, %entry ], [ %a1, %loop ]
  store i32 7, ptr %a
  %a1 = getelementptr inbounds i8, ptr %a, i64 -4
  %c = icmp ne ptr %a1, %stop
  br i1 %c, label %loop, label %done
done:
  ret void
}

; Both stores always; the third, which lies between them, sometimes: one mark.
; CHECK-LABEL: define void @fields(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK:         getelementptr i8, ptr %a24, i64 8
; CHECK:         call {{.*}}@__snapshot_mark(ptr %p,
; CHECK-NOT:     call
; CHECK:         ret void
define void @fields(ptr %p, i64 %n, i1 %x) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %a = getelementptr inbounds [4 x i64], ptr %p, i64 %i
  store i64 1, ptr %a
  br i1 %x, label %sometimes, label %next
sometimes:
  %a8 = getelementptr i8, ptr %a, i64 8
  store i64 1, ptr %a8
  br label %next
next:
  %a24 = getelementptr i8, ptr %a, i64 24
  store i64 1, ptr %a24
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; Two ways out to one place: one mark. To places that are reached otherwise, too: a mark on each way.
; CHECK-LABEL: define void @two_exits(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK:         call {{.*}}@__snapshot_mark(ptr %p,
; CHECK-NOT:     call
; CHECK:       }
define void @two_exits(ptr %p, i64 %n, ptr %q) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %a = getelementptr inbounds i8, ptr %p, i64 %i
  store i8 1, ptr %a
  %x = load i1, ptr %q
  br i1 %x, label %done, label %next
next:
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK-LABEL: define void @two_ways(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:         br i1 %x
; CHECK-COUNT-2: call {{.*}}@__snapshot_mark(ptr %p,
; CHECK-NOT:     call
; CHECK:       }
define void @two_ways(ptr %p, i64 %n, ptr %q) {
entry:
  %e = icmp eq i64 %n, 0
  br i1 %e, label %done, label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %a = getelementptr inbounds i8, ptr %p, i64 %i
  store i8 1, ptr %a
  %x = load i1, ptr %q
  br i1 %x, label %done, label %next
next:
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; One place that the loop stores to again and again.
; CHECK-LABEL: define void @one_place(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK:         [[P:%.*]] = freeze ptr %p
; CHECK:         call {{.*}}@__snapshot_mark(ptr [[P]],
define void @one_place(ptr %p, ptr %q, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  store i64 %i, ptr %p
  %i1 = load i64, ptr %q
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; The same, only in some iterations: it is marked in any case.
; CHECK-LABEL: define void @one_place_sometimes(
; CHECK:       write:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK:         [[P:%.*]] = freeze ptr %p
; CHECK:         call {{.*}}@__snapshot_mark(ptr [[P]],
define void @one_place_sometimes(ptr %p, ptr %q, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %x = load i1, ptr %q
  br i1 %x, label %write, label %next
write:
  store i64 %i, ptr %p
  br label %next
next:
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; A step that skips lines; a store that is not always made; a barrier in the loop; an exit before the store.
; CHECK-LABEL: define void @skips_lines(
; CHECK:       loop:
; CHECK:         call {{.*}}@__snapshot_mark(ptr %a, i64 8)
; CHECK:       done:
; CHECK-NEXT:    ret void
define void @skips_lines(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %a = getelementptr inbounds [9 x i64], ptr %p, i64 %i
  store i64 1, ptr %a
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK-LABEL: define void @sometimes(
; CHECK:       write:
; CHECK:         call {{.*}}@__snapshot_mark(ptr %a, i64 8)
; CHECK:       done:
; CHECK-NEXT:    ret void
define void @sometimes(ptr %p, i64 %n, ptr %q) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %x = load i1, ptr %q
  br i1 %x, label %write, label %next
write:
  %a = getelementptr inbounds i64, ptr %p, i64 %i
  store i64 1, ptr %a
  br label %next
next:
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK-LABEL: define void @calls(
; CHECK:       loop:
; CHECK:         call {{.*}}@__snapshot_mark(ptr %a, i64 8)
; CHECK-NEXT:    call void @f()
; CHECK:       done:
; CHECK-NEXT:    ret void
define void @calls(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %a = getelementptr inbounds i64, ptr %p, i64 %i
  store i64 1, ptr %a
  call void @f()
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
; CHECK-LABEL: define void @leaves_before(
; CHECK:       write:
; CHECK:         call {{.*}}@__snapshot_mark(ptr %a, i64 8)
; CHECK:       done:
; CHECK-NEXT:    ret void
define void @leaves_before(ptr %p, i64 %n, ptr %q) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %write ]
  %x = load i1, ptr %q
  br i1 %x, label %done, label %write
write:
  %a = getelementptr inbounds i64, ptr %p, i64 %i
  store i64 1, ptr %a
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}
; A fence in the loop can tell others.
; CHECK-LABEL: define void @tells(
; CHECK:       loop:
; CHECK:         call {{.*}}@__snapshot_mark(ptr %a, i64 8)
; CHECK-NEXT:    fence release
define void @tells(ptr %p, i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %a = getelementptr inbounds i64, ptr %p, i64 %i
  store i64 1, ptr %a
  fence release
  %i1 = add nuw i64 %i, 1
  %c = icmp ult i64 %i1, %n
  br i1 %c, label %loop, label %done
done:
  ret void
}

; The start took a division, which must not be made again after the loop: its value is still there.
; CHECK-LABEL: define void @in_a_table(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK-NOT:     urem
; CHECK:         [[B:%.*]] = ptrtoint ptr %place to i64
; CHECK:         call {{.*}}@__snapshot_mark(ptr %place,
define void @in_a_table(ptr %table, i64 %hash, i64 %places, i64 %bytes) {
entry:
  %number = urem i64 %hash, %places
  %offset = mul i64 %number, %bytes
  %place = getelementptr inbounds i8, ptr %table, i64 %offset
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %a = getelementptr inbounds i8, ptr %place, i64 %i
  store <16 x i8> zeroinitializer, ptr %a
  %i1 = add i64 %i, 16
  %c = icmp ult i64 %i1, %bytes
  br i1 %c, label %loop, label %done
done:
  ret void
}

; The same from the second element of a field on: one addition more.
; CHECK-LABEL: define void @in_a_field_of_a_table(
; CHECK:       loop:
; CHECK-NOT:     call
; CHECK:       done:
; CHECK-NOT:     urem
; CHECK:         [[START:%.*]] = getelementptr inbounds { i64, [7 x i64] }, ptr %place, i64 0, i32 1, i64 1
; CHECK:         call {{.*}}@__snapshot_mark(ptr [[START]],
define void @in_a_field_of_a_table(ptr %table, i64 %hash, i64 %places) {
entry:
  %number = urem i64 %hash, %places
  %place = getelementptr inbounds { i64, [7 x i64] }, ptr %table, i64 %number
  br label %loop
loop:
  %i = phi i64 [ 1, %entry ], [ %i1, %loop ]
  %a = getelementptr inbounds { i64, [7 x i64] }, ptr %place, i64 0, i32 1, i64 %i
  store i64 7, ptr %a
  %i1 = add i64 %i, 1
  %c = icmp ult i64 %i1, 7
  br i1 %c, label %loop, label %done
done:
  ret void
}
