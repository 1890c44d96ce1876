#define _GNU_SOURCE
#include "across_modules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void across_strcpy(byte *to, const char *text) { strcpy((char *)to, text); }
void across_stpcpy(byte *to, const char *text) { *stpcpy((char *)to, text) = '!'; }
void across_strncpy(byte *to, const char *text, size_t bytes) { strncpy((char *)to, text, bytes); }
void across_strcat(byte *to, const char *text) { strcat((char *)to, text); }
void across_sprintf(byte *to, const char *format) { (void)sprintf((char *)to, "%s", format); }
void across_snprintf(byte *to, size_t bytes, const char *text) {
  (void)snprintf((char *)to, bytes, "%s", text);
}
void across_memcpy(byte *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }
void across_memmove(byte *to, const void *from, size_t bytes) { memmove(to, from, bytes); }
void across_memset(byte *to, int value, size_t bytes) { memset(to, value, bytes); }
void across_bzero(byte *to, size_t bytes) { bzero(to, bytes); }
void across_memccpy(byte *to, const void *from, int end, size_t bytes) {
  (void)memccpy(to, from, end, bytes);
}
void across_mempcpy(byte *to, const void *from, size_t bytes) { *(byte *)mempcpy(to, from, bytes) = 1; }
void across_store(uint64_t *to, uint64_t value) { *to = value; }
void across_loop(uint64_t *to, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = value;
}
uint64_t *across_local_or(uint64_t *to, uint64_t *local, int which) { return which ? to : local; }
