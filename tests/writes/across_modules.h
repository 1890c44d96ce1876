// Functions of another source file that link-time optimisation inlines. What is a call of libc's where they
// are compiled can be a few stores where they are used, with arguments that are constants there.
#ifndef SNAPSHOT_TESTS_WRITES_ACROSS_MODULES_H
#define SNAPSHOT_TESTS_WRITES_ACROSS_MODULES_H

#include "kind.h"

void across_strcpy(byte *to, const char *text);
void across_stpcpy(byte *to, const char *text);
void across_strncpy(byte *to, const char *text, size_t bytes);
void across_strcat(byte *to, const char *text);
void across_sprintf(byte *to, const char *format);
void across_snprintf(byte *to, size_t bytes, const char *text);
void across_memcpy(byte *to, const void *from, size_t bytes);
void across_memmove(byte *to, const void *from, size_t bytes);
void across_memset(byte *to, int value, size_t bytes);
void across_bzero(byte *to, size_t bytes);
void across_memccpy(byte *to, const void *from, int end, size_t bytes);
void across_mempcpy(byte *to, const void *from, size_t bytes);
void across_store(uint64_t *to, uint64_t value);
void across_loop(uint64_t *to, uint64_t value, size_t count);
uint64_t *across_local_or(uint64_t *to, uint64_t *local, int which);

#endif
