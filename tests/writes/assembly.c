// Inline assembler that writes to memory, as far as its operands say so.
#include "kind.h"

struct line {
  uint64_t word[8];
};

KIND(asm_output, 8, 8) { __asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)to) : "r"(seed)); }
KIND(asm_output_byte, 1, 1) { __asm__("movb %b1, %0" : "=m"(*to) : "q"(seed)); }
KIND(asm_output_unaligned, 8, 1) {
  typedef uint64_t any_address __attribute__((aligned(1)));
  __asm__("movq %1, %0" : "=m"(*(any_address *)to) : "r"(seed));
}
KIND(asm_read_and_write, 8, 8) { __asm__("addq %1, %0" : "+m"(*(uint64_t *)to) : "r"(seed | 1) : "cc"); }
KIND(asm_locked, 8, 8) {
  uint64_t value = seed | 1;
  __asm__ volatile("lock xaddq %0, %1" : "+r"(value), "+m"(*(uint64_t *)to) : : "cc", "memory");
}
KIND(asm_exchange, 4, 4) {
  uint32_t value = (uint32_t)seed;
  __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*(uint32_t *)to));
}
KIND(asm_result_in_register, 8, 8) { __asm__("leaq 1(%1), %0" : "=r"(*(uint64_t *)to) : "r"(seed)); }
KIND(asm_register_or_memory, 8, 8) { __asm__("movq %1, %0" : "=rm"(*(uint64_t *)to) : "r"(seed)); }
KIND(asm_array, 64, 8) {
  struct line *line = (struct line *)to;
  const uint64_t *from = (const uint64_t *)source_bytes(seed, 64);
  uint64_t count = 8;
  void *destination = line;
  __asm__ volatile("rep movsq" : "+D"(destination), "+S"(from), "+c"(count), "=m"(*line) : : "cc");
}
KIND(asm_two_outputs, 256, 8) {
  __asm__("movq %2, %0\n\tmovq %2, %1" : "=m"(*(uint64_t *)to), "=m"(*(uint64_t *)(to + 248)) : "r"(seed));
}
KIND(asm_output_and_registers, 24, 8) {
  uint64_t low, high;
  __asm__("movq %3, %%rax\n\tmovq %%rax, %0\n\tmulq %%rax"
          : "=m"(*(uint64_t *)to), "=&a"(low), "=&d"(high)
          : "r"(seed)
          : "cc");
  ((uint64_t *)to)[1] = low;
  ((uint64_t *)to)[2] = high;
}
KIND(asm_wide, 16, 16) {
  typedef uint64_t vector __attribute__((vector_size(16)));
  __asm__("movdqa %1, %0" : "=m"(*(vector *)to) : "x"((vector){seed, seed}));
}
KIND(asm_goto, 16, 8) {
  __asm__ goto("movq %1, %0\n\ttestq $1, %1\n\tjnz %l2" : "=m"(*(uint64_t *)to) : "r"(seed) : "cc" : odd);
  ((uint64_t *)to)[1] = 1;
  return;
odd:
  ((uint64_t *)to)[1] = 2;
}
KIND(asm_between_stores, 256, 8) {
  *(uint64_t *)to = seed;
  __asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)(to + 128)) : "r"(seed));
  *(uint64_t *)(to + 248) = seed;
}
KIND(asm_then_commit, 8, 8) {
  __asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)to) : "r"(seed));
  checkpoint();
}
