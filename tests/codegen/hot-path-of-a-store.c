// A store to memory that is not managed costs four instructions: copy, shift, compare, jump. No call, no spill, no
// frame. A managed store to a line that is marked already costs eleven more, in the cold part.
// RUN: %clang -O2 -S %s -o %t.s
// RUN: %body store_one %leaf < %t.s | FileCheck %s --check-prefix=ONE
// RUN: %body store_fields %leaf < %t.s | FileCheck %s --check-prefix=FIELDS
// RUN: %body add_atomically hot < %t.s | FileCheck %s --check-prefix=ATOMIC
// RUN: %body store_one < %t.s | FileCheck %s --check-prefix=COLD
// RUN: %clang -O3 -S %s -o - | %body store_one %leaf | FileCheck %s --check-prefix=ONE
// RUN: %clang -Os -S %s -o - | %body store_one %leaf | FileCheck %s --check-prefix=ONE

// ONE:      begin
// ONE-NEXT:   movq %rsi, (%rdi)
// ONE-NEXT:   movq %rdi, %rax
// ONE-NEXT:   shrq $[[BITS]], %rax
// ONE-NEXT:   cmp{{[ql]}} $[[INDEX]], %{{[er]}}ax
// ONE-NEXT:   je
// ONE-NEXT:   retq
// ONE-NEXT: end

// COLD:       retq
// COLD:       movq %rdi, %rax
// COLD-NEXT:  shrq $6, %rax
// COLD-NEXT:  movabsq $[[MAP]], %rcx
// COLD-NEXT:  {{cmpb \$0|movzbl|movb}}
// COLD:       {{jne|je}}
// COLD:       callq *__snapshot_mark_clean@GOTPCREL(%rip)
// COLD-NOT:   call
// COLD:       end
void store_one(long *p, long v) { *p = v; }

struct fields {
  long a, b, c;
};
// FIELDS:      begin
// FIELDS-NEXT:  movq %rsi, (%rdi)
// FIELDS-COUNT-3: {{mov|inc|lea|add}}
// FIELDS:       movq %rdi, %rax
// FIELDS-NEXT:  shrq $[[BITS]], %rax
// FIELDS-NEXT:  cmp{{[ql]}} $[[INDEX]], %{{[er]}}ax
// FIELDS-NEXT:  je
// FIELDS-NEXT:  retq
// FIELDS-NEXT: end
void store_fields(struct fields *p, long v) {
  p->a = v;
  p->b = v + 1;
  p->c = 7;
}

// One shift serves both checks. (The frame is for the calls: the write lies between them.)
// ATOMIC:      begin
// ATOMIC-NEXT:  pushq %rax
// ATOMIC-NEXT:  movq %rdi, %rax
// ATOMIC-NEXT:  shrq $[[BITS]], %rax
// ATOMIC-NEXT:  cmp{{[ql]}} $[[INDEX]], %{{[er]}}ax
// ATOMIC-NEXT:  je
// ATOMIC-NEXT:  lock incq (%rdi)
// ATOMIC-NEXT:  cmp{{[ql]}} $[[INDEX]], %{{[er]}}ax
// ATOMIC-NEXT:  je
// ATOMIC-NEXT:  popq
// ATOMIC-NEXT:  retq
void add_atomically(long *p) { __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST); }
