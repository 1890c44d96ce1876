// memcpy, memmove, memset and their relatives: constant sizes, which become stores; variable sizes, which
// become calls; the builtins that never become calls; and what the optimiser makes into one of them.
#define _GNU_SOURCE
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "across_modules.h"
#include "kind.h"

#define BY_LIBC(NAME, BYTES, ALIGNMENT) KIND_WITH(NAME, BYTES, ALIGNMENT, 0, 0, TRACKED_BY_INTERPOSER)
// Large ones become calls.
#define CONSTANT(NAME, N) KIND_WITH(NAME, N, 1, 0, 0, N > 128 ? TRACKED_BY_INTERPOSER : 0)
#define CONSTANT_SIZE(N)                                                                   \
  CONSTANT(memcpy_##N, N) { memcpy(to, source_bytes(seed, N), N); }                        \
  CONSTANT(memmove_##N, N + 8) { memmove(to + 8, to, N); }                                 \
  CONSTANT(memset_##N, N) { memset(to, (int)(seed & 0x7f), N); }                           \
  CONSTANT(memset_zero_##N, N) { memset(to, 0, N); }                                       \
  KIND(memcpy_inline_##N, N, 1) { __builtin_memcpy_inline(to, source_bytes(seed, N), N); } \
  KIND(memset_inline_##N, N, 1) { __builtin_memset_inline(to, (int)(seed & 0x7f), N); }    \
  BY_LIBC(memcpy_chk_##N, N, 1) {                                                          \
    __builtin___memcpy_chk(to, source_bytes(seed, N), N, __builtin_object_size(to, 0));    \
  }                                                                                        \
  BY_LIBC(memmove_chk_##N, N + 8, 1) {                                                     \
    __builtin___memmove_chk(to + 8, to, N, __builtin_object_size(to, 0));                  \
  }                                                                                        \
  BY_LIBC(memset_chk_##N, N, 1) {                                                          \
    __builtin___memset_chk(to, (int)(seed & 0x7f), N, __builtin_object_size(to, 0));       \
  }

CONSTANT_SIZE(1);
CONSTANT_SIZE(2);
CONSTANT_SIZE(3);
CONSTANT_SIZE(4);
CONSTANT_SIZE(5);
CONSTANT_SIZE(7);
CONSTANT_SIZE(8);
CONSTANT_SIZE(9);
CONSTANT_SIZE(12);
CONSTANT_SIZE(15);
CONSTANT_SIZE(16);
CONSTANT_SIZE(17);
CONSTANT_SIZE(24);
CONSTANT_SIZE(31);
CONSTANT_SIZE(32);
CONSTANT_SIZE(33);
CONSTANT_SIZE(48);
CONSTANT_SIZE(63);
CONSTANT_SIZE(64);
CONSTANT_SIZE(65);
CONSTANT_SIZE(100);
CONSTANT_SIZE(128);
CONSTANT_SIZE(200);
CONSTANT_SIZE(256);
CONSTANT_SIZE(1000);
CONSTANT_SIZE(4096);
CONSTANT_SIZE(5000);

BY_LIBC(memcpy_variable, 300, 1) { memcpy(to, source_bytes(seed, 300), 1 + seed % 300); }
BY_LIBC(memcpy_variable_large, 6000, 1) { memcpy(to, source_bytes(seed, 6000), 5000 + seed % 1000); }
BY_LIBC(memmove_up, 1100, 1) { memmove(to + 1 + seed % 100, to, 1000); }
BY_LIBC(memmove_down, 1100, 1) { memmove(to, to + 1 + seed % 100, 1000 + (seed & 1)); }
BY_LIBC(memset_variable, 300, 1) { memset(to, (int)(seed & 0x7f), 1 + seed % 300); }
BY_LIBC(memset_variable_zero, 6000, 1) { memset(to, 0, 5000 + seed % 1000); }
BY_LIBC(bzero_, 100, 1) { bzero(to, 100); }
BY_LIBC(mempcpy_constant, 100, 1) { *(byte *)mempcpy(to, source_bytes(seed, 99), 99) = 1; }
BY_LIBC(mempcpy_variable, 101, 1) { *(byte *)mempcpy(to, source_bytes(seed, 100), 1 + seed % 100) = 1; }
BY_LIBC(memccpy_, 100, 1) { (void)memccpy(to, source_bytes(seed, 100), 0x55, 100); }
BY_LIBC(wmemset_, 400, 4) { wmemset((wchar_t *)to, (wchar_t)(seed & 0xffff), 100); }
BY_LIBC(wmemcpy_, 400, 4) { wmemcpy((wchar_t *)to, (const wchar_t *)source_bytes(seed, 400), 100); }
BY_LIBC(explicit_bzero_, 100, 1) { explicit_bzero(to, 100); }

// Text. With a constant source these are copies of a known size.
static void terminate(byte *to, size_t bytes) { to[bytes / 10] = 0; }
BY_LIBC(strcpy_constant, 20, 1) { strcpy((char *)to, "nineteen characters"); }
BY_LIBC(strcpy_short, 4, 1) { strcpy((char *)to, "abc"); }
BY_LIBC(strcpy_variable, 100, 1) {
  static char text[100];
  memset(text, 'a' + (int)(seed % 26), 99);
  strcpy((char *)to, text);
}
BY_LIBC(strcpy_chk, 20, 1) {
  __builtin___strcpy_chk((char *)to, "nineteen characters", __builtin_object_size(to, 1));
}
BY_LIBC(strncpy_chk, 20, 1) {
  __builtin___strncpy_chk((char *)to, "nineteen characters", 20, __builtin_object_size(to, 1));
}
BY_LIBC(mempcpy_chk, 33, 1) {
  *(byte *)__builtin___mempcpy_chk(to, source_bytes(seed, 32), 32, __builtin_object_size(to, 0)) = 1;
}
BY_LIBC(sprintf_constant, 20, 1) { (void)__builtin_sprintf((char *)to, "nineteen characters"); }
BY_LIBC(sprintf_string, 20, 1) { (void)__builtin_sprintf((char *)to, "%s", "nineteen characters"); }
BY_LIBC(snprintf_constant, 20, 1) { (void)__builtin_snprintf((char *)to, 20, "nineteen characters"); }
BY_LIBC(sprintf_chk, 20, 1) {
  (void)__builtin___sprintf_chk((char *)to, 1, __builtin_object_size(to, 1), "nineteen characters");
}
BY_LIBC(strncpy_padded, 100, 1) { strncpy((char *)to, "a few words", 100); }
BY_LIBC(stpcpy_then_store, 30, 1) { *stpcpy((char *)to, "to the end") = (char)(seed & 0x7f); }
KIND_WITH(strcat_constant, 100, 1, terminate, 0, TRACKED_BY_INTERPOSER) { strcat((char *)to, ", and more"); }
KIND_WITH(strncat_, 100, 1, terminate, 0, TRACKED_BY_INTERPOSER) {
  strncat((char *)to, "abcdefghijkl", seed % 12 + 1);
}

// The same through another source file.
static const char *const words[] = {"a text", "another text"};
BY_LIBC(module_strcpy, 20, 1) { across_strcpy(to, "nineteen characters"); }
BY_LIBC(module_strcpy_short, 4, 1) { across_strcpy(to, "abc"); }
BY_LIBC(module_strcpy_variable, 13, 1) { across_strcpy(to, words[seed % 2]); }
BY_LIBC(module_stpcpy, 20, 1) { across_stpcpy(to, "nineteen characters"); }
BY_LIBC(module_strncpy, 40, 1) { across_strncpy(to, "nineteen characters", 40); }
KIND_WITH(module_strcat, 100, 1, terminate, 0, TRACKED_BY_INTERPOSER) { across_strcat(to, ", and more"); }
BY_LIBC(module_sprintf, 20, 1) { across_sprintf(to, "nineteen characters"); }
BY_LIBC(module_snprintf, 20, 1) { across_snprintf(to, 20, "nineteen characters"); }
BY_LIBC(module_memcpy, 24, 1) { across_memcpy(to, source_bytes(seed, 24), 24); }
BY_LIBC(module_memmove, 124, 1) { across_memmove(to + 100, to, 24); }
BY_LIBC(module_memset, 24, 1) { across_memset(to, (int)(seed & 0x7f), 24); }
BY_LIBC(module_bzero, 24, 1) { across_bzero(to, 24); }
BY_LIBC(module_memccpy, 24, 1) { across_memccpy(to, "nineteen characters", 'c', 24); }
BY_LIBC(module_mempcpy, 25, 1) { across_mempcpy(to, source_bytes(seed, 24), 24); }
KIND(module_store, 8, 8) { across_store((uint64_t *)to, seed); }
BY_LIBC(module_loop, 80, 8) { across_loop((uint64_t *)to, seed, 10); }
KIND(module_local_or_file, 8, 8) {
  uint64_t local = 0;
  *across_local_or((uint64_t *)to, &local, 1) = seed;
}

// Loops that are memset or memcpy to the optimiser.
KIND_WITH(zeroing_loop, 4000, 8, 0, 0, TRACKED_BY_INTERPOSER) {
  for (size_t i = 0; i < 500; ++i) ((uint64_t *)to)[i] = 0;
}
KIND_WITH(zeroing_loop_variable, 4000, 8, 0, 0, TRACKED_BY_INTERPOSER) {
  for (uint64_t i = 0; i < 1 + seed % 500; ++i) ((uint64_t *)to)[i] = 0;
}
KIND_WITH(copying_loop, 4000, 1, 0, 0, TRACKED_BY_INTERPOSER) {
  const byte *from = source_bytes(seed, 4000);
  for (uint64_t i = 0; i < 4000; ++i) to[i] = from[i];
}
KIND_WITH(byte_filling_loop, 1000, 1, 0, 0, TRACKED_BY_INTERPOSER) {
  for (uint64_t i = 0; i < 1 + seed % 1000; ++i) to[i] = (byte)seed;
}
KIND_WITH(pattern_filling_loop, 1600, 16, 0, 0, TRACKED_BY_INTERPOSER) {
  for (uint64_t i = 0; i < 100; ++i) ((uint64_t *)to)[2 * i] = seed, ((uint64_t *)to)[2 * i + 1] = 1;
}
