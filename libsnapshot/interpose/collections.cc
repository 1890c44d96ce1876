// Small data structures of libc's that work on the program's memory: vectors of texts (argz, envz), arrays,
// links, hash tables and generators of random numbers, and texts that are changed in place.
#include <argz.h>
#include <dirent.h>
#include <envz.h>
#include <getopt.h>
#include <glob.h>
#include <iconv.h>
#include <libgen.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include "interpose/writer.h"

using namespace snapshot;

namespace {

// The vector may be the program's own, as long as it does not grow.
void vector_of_texts(char *const *argz, const size_t *length) {
  objects(argz, length);
  if (argz != nullptr && length != nullptr) bytes(*argz, *length);
}

// glibc's insque.h: an element begins with its two links.
struct Links {
  Links *next, *previous;
};
void linked(const void *element) {
  const Links *links = static_cast<const Links *>(element);
  object(links);
  if (links == nullptr) return;
  objects(links->next, links->previous);
}

// Up to where the conversion came, from where it began.
void converted_to(const char *begin, char *const *end) {
  if (end != nullptr && *end > begin) written(begin, static_cast<u64>(*end - begin));
}

// random_r's table, at most, without the word before it that says what it is.
constexpr u64 kStateBytes = 252;

// Changing the table writes to the old one, too: where in it the generator was.
template <typename Change>
int change_table(random_data *state, const char *table, u64 n, Change change) {
  const int32_t *old = state != nullptr ? state->state : nullptr;
  const int result = change();
  object(state);
  bytes(table, n);
  if (old != nullptr) object(old - 1);
  return result;
}

using Compare = int (*)(const void *, const void *);

}  // namespace

// clang-format off
SNAPSHOT_WRITER(error_t, argz_create, (char *const *from, char **to, size_t *n), (from, to, n), objects(to, n));
SNAPSHOT_WRITER(error_t, argz_create_sep, (const char *from, int separator, char **to, size_t *n), (from, separator, to, n), objects(to, n));
SNAPSHOT_WRITER(error_t, argz_append, (char **to, size_t *n, const char *from, size_t more), (to, n, from, more), vector_of_texts(to, n));
SNAPSHOT_WRITER(error_t, argz_add, (char **to, size_t *n, const char *from), (to, n, from), vector_of_texts(to, n));
SNAPSHOT_WRITER(error_t, argz_add_sep, (char **to, size_t *n, const char *from, int separator), (to, n, from, separator), vector_of_texts(to, n));
SNAPSHOT_WRITER(error_t, argz_insert, (char **to, size_t *n, char *before, const char *from), (to, n, before, from), vector_of_texts(to, n));
SNAPSHOT_WRITER(error_t, argz_replace, (char **to, size_t *n, const char *from, const char *with, unsigned *count), (to, n, from, with, count), (vector_of_texts(to, n), object(count)));
SNAPSHOT_VOID_WRITER(argz_delete, (char **to, size_t *n, char *entry), (to, n, entry), vector_of_texts(to, n));
SNAPSHOT_VOID_WRITER(argz_extract, (const char *from, size_t n, char **to), (from, n, to), items(to, argz_count(from, n) + 1));
SNAPSHOT_VOID_WRITER(argz_stringify, (char *to, size_t n, int separator), (to, n, separator), bytes(to, n));
SNAPSHOT_VOID_WRITER(__argz_stringify, (char *to, size_t n, int separator), (to, n, separator), bytes(to, n));
SNAPSHOT_WRITER(error_t, envz_add, (char **to, size_t *n, const char *name, const char *value), (to, n, name, value), vector_of_texts(to, n));
SNAPSHOT_WRITER(error_t, envz_merge, (char **to, size_t *n, const char *from, size_t more, int override_old), (to, n, from, more, override_old), vector_of_texts(to, n));
SNAPSHOT_VOID_WRITER(envz_remove, (char **to, size_t *n, const char *name), (to, n, name), vector_of_texts(to, n));
SNAPSHOT_VOID_WRITER(envz_strip, (char **to, size_t *n), (to, n), vector_of_texts(to, n));

SNAPSHOT_VOID_WRITER(insque, (void *element, void *after), (element, after), (linked(element), linked(after)));
SNAPSHOT_VOID_WRITER(remque, (void *element), (element), linked(element));
SNAPSHOT_WRITER(void *, lsearch, (const void *key, void *base, size_t *n, size_t item_bytes, Compare compare), (key, base, n, item_bytes, compare), (object(n), bytes(result, item_bytes)));
SNAPSHOT_WRITER(void *, tsearch, (const void *key, void **root, Compare compare), (key, root, compare), object(root));
SNAPSHOT_WRITER(void *, tdelete, (const void *key, void **root, Compare compare), (key, root, compare), object(root));
SNAPSHOT_WRITER(int, hcreate_r, (size_t n, hsearch_data *table), (n, table), object(table));
SNAPSHOT_VOID_WRITER(hdestroy_r, (hsearch_data *table), (table), object(table));
SNAPSHOT_WRITER(int, hsearch_r, (ENTRY entry, ACTION action, ENTRY **to, hsearch_data *table), (entry, action, to, table), objects(to, table));

SNAPSHOT_WRITER(int, srandom_r, (unsigned seed, random_data *state), (seed, state), (object(state), result == 0 ? bytes(state->state, kStateBytes) : void()));
SNAPSHOT_WRITER(int, random_r, (random_data *state, int32_t *to), (state, to), (objects(state, to), result == 0 ? bytes(state->state, kStateBytes) : void()));
SNAPSHOT_WRITER(int, erand48_r, (unsigned short *x, drand48_data *state, double *to), (x, state, to), (items(x, 3), objects(state, to)));
SNAPSHOT_WRITER(int, nrand48_r, (unsigned short *x, drand48_data *state, long *to), (x, state, to), (items(x, 3), objects(state, to)));
SNAPSHOT_WRITER(int, jrand48_r, (unsigned short *x, drand48_data *state, long *to), (x, state, to), (items(x, 3), objects(state, to)));
SNAPSHOT_WRITER(int, seed48_r, (unsigned short *x, drand48_data *state), (x, state), object(state));
SNAPSHOT_WRITER(int, lcong48_r, (unsigned short *x, drand48_data *state), (x, state), object(state));
SNAPSHOT_VOID_WRITER(arc4random_buf, (void *to, size_t n), (to, n), bytes(to, n));

SNAPSHOT_WRITER(int, getsubopt, (char **option, char *const *tokens, char **value), (option, tokens, value), (objects(option, value), written(*option - 1, 1)));
SNAPSHOT_WRITER(int, getopt_long, (int n, char *const *words, const char *shorts, const struct option *longs, int *to), (n, words, shorts, longs, to), (object(to), items(words, static_cast<u64>(n))));
SNAPSHOT_WRITER(int, getopt_long_only, (int n, char *const *words, const char *shorts, const struct option *longs, int *to), (n, words, shorts, longs, to), (object(to), items(words, static_cast<u64>(n))));
SNAPSHOT_WRITER(int, getopt, (int n, char *const *words, const char *shorts), (n, words, shorts), items(words, static_cast<u64>(n)));
SNAPSHOT_WRITER(int, mkstemp, (char *name), (name), text(name));
SNAPSHOT_WRITER(int, mkstemp64, (char *name), (name), text(name));
SNAPSHOT_WRITER(int, mkstemps, (char *name, int end), (name, end), text(name));
SNAPSHOT_WRITER(int, mkstemps64, (char *name, int end), (name, end), text(name));
SNAPSHOT_WRITER(int, mkostemp, (char *name, int flags), (name, flags), text(name));
SNAPSHOT_WRITER(int, mkostemp64, (char *name, int flags), (name, flags), text(name));
SNAPSHOT_WRITER(int, mkostemps, (char *name, int end, int flags), (name, end, flags), text(name));
SNAPSHOT_WRITER(int, mkostemps64, (char *name, int end, int flags), (name, end, flags), text(name));
SNAPSHOT_WRITER(char *, mkdtemp, (char *name), (name), text(name));
SNAPSHOT_WRITER(char *, mktemp, (char *name), (name), text(name));
SNAPSHOT_WRITER(char *, tmpnam, (char *to), (to), bytes(to, L_tmpnam));
SNAPSHOT_WRITER(char *, tmpnam_r, (char *to), (to), bytes(to, L_tmpnam));
SNAPSHOT_WRITER(ssize_t, getdents64, (int fd, void *to, size_t n), (fd, to, n), bytes(to, result > 0 ? static_cast<u64>(result) : 0));
SNAPSHOT_WRITER(ssize_t, getdirentries, (int fd, char *to, size_t n, off_t *base), (fd, to, n, base), (bytes(to, n), object(base)));
SNAPSHOT_WRITER(ssize_t, getdirentries64, (int fd, char *to, size_t n, off64_t *base), (fd, to, n, base), (bytes(to, n), object(base)));
SNAPSHOT_WRITER(int, readdir_r, (DIR *from, dirent *to, dirent **found), (from, to, found), objects(to, found));
SNAPSHOT_WRITER(int, readdir64_r, (DIR *from, dirent64 *to, dirent64 **found), (from, to, found), objects(to, found));
SNAPSHOT_WRITER(int, glob, (const char *pattern, int flags, int (*failed)(const char *, int), glob_t *to), (pattern, flags, failed, to), object(to));
SNAPSHOT_WRITER(int, glob64, (const char *pattern, int flags, int (*failed)(const char *, int), glob64_t *to), (pattern, flags, failed, to), object(to));
SNAPSHOT_VOID_WRITER(globfree, (glob_t *to), (to), object(to));
SNAPSHOT_VOID_WRITER(globfree64, (glob64_t *to), (to), object(to));
SNAPSHOT_WRITER(int, wordexp, (const char *from, wordexp_t *to, int flags), (from, to, flags), object(to));
SNAPSHOT_VOID_WRITER(wordfree, (wordexp_t *to), (to), object(to));
SNAPSHOT_WRITER(int, backtrace, (void **to, int n), (to, n), items(to, result > 0 ? static_cast<u64>(result) : 0));
SNAPSHOT_WRITER(int, __backtrace, (void **to, int n), (to, n), items(to, result > 0 ? static_cast<u64>(result) : 0));
SNAPSHOT_WRITER(int, vasprintf, (char **to, const char *format, va_list arguments), (to, format, arguments), object(to));
SNAPSHOT_WRITER(int, __vasprintf_chk, (char **to, int flag, const char *format, va_list arguments), (to, flag, format, arguments), object(to));
SNAPSHOT_WRITER(int, fgetpos, (FILE *stream, fpos_t *to), (stream, to), object(to));
SNAPSHOT_WRITER(int, _IO_fgetpos, (FILE *stream, fpos_t *to), (stream, to), object(to));
SNAPSHOT_WRITER(int, _IO_fgetpos64, (FILE *stream, fpos64_t *to), (stream, to), object(to));
SNAPSHOT_WRITER(size_t, _IO_sgetn, (FILE *stream, void *to, size_t n), (stream, to, n), written(to, min_u64(result, n)));
SNAPSHOT_WRITER(int, fgetpos64, (FILE *stream, fpos64_t *to), (stream, to), object(to));
// clang-format on

SNAPSHOT_EXPORT int initstate_r(unsigned seed, char *__restrict table, size_t n,
                                random_data *__restrict state) noexcept {
  return change_table(state, table, n, [=] { return SNAPSHOT_REAL(initstate_r)(seed, table, n, state); });
}
SNAPSHOT_EXPORT int setstate_r(char *__restrict table, random_data *__restrict state) noexcept {
  return change_table(state, table, sizeof(int32_t), [=] { return SNAPSHOT_REAL(setstate_r)(table, state); });
}

// iconv moves both pointers; what it has written lies between the old one and the new one.
SNAPSHOT_EXPORT size_t iconv(iconv_t how, char **__restrict from, size_t *__restrict from_bytes,
                             char **__restrict to, size_t *__restrict to_bytes) {
  const char *begin = to != nullptr ? *to : nullptr;
  const size_t result = SNAPSHOT_REAL(iconv)(how, from, from_bytes, to, to_bytes);
  objects(from, from_bytes, to, to_bytes);
  converted_to(begin, to);
  return result;
}

// The path may be cut where it stands.
static char *cut(char *path, char *(*function)(char *)) {
  const u64 n = in_working_range(path) ? length(path) + 1 : 0;
  char *result = function(path);
  written(path, n);
  return result;
}
SNAPSHOT_EXPORT char *dirname(char *path) noexcept { return cut(path, SNAPSHOT_REAL(dirname)); }
SNAPSHOT_EXPORT char *__xpg_basename(char *path) noexcept { return cut(path, SNAPSHOT_REAL(__xpg_basename)); }

SNAPSHOT_EXPORT int asprintf(char **__restrict to, const char *__restrict format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = SNAPSHOT_REAL(vasprintf)(to, format, arguments);
  va_end(arguments);
  object(to);
  return result;
}
SNAPSHOT_EXPORT int __asprintf(char **__restrict to, const char *__restrict format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result = SNAPSHOT_REAL(vasprintf)(to, format, arguments);
  va_end(arguments);
  object(to);
  return result;
}
SNAPSHOT_EXPORT int __asprintf_chk(char **to, int flag, const char *format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  const int result =
      real<int (*)(char **, int, const char *, va_list), "__vasprintf_chk">()(to, flag, format, arguments);
  va_end(arguments);
  object(to);
  return result;
}
