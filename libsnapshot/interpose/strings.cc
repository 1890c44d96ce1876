// The functions of <string.h> that write text. Those that only copy are hot and work at any time (stub.h);
// the others (tokens, collation, messages) go through to libc and mark what its answer says was written.
#include <string.h>
#include <unistd.h>

#include "interpose/text_copies.h"

namespace snapshot {
namespace {

// strtok and strsep end a token by writing one zero behind it. A token that runs to the end of the text has
// its zero already; naming it again is harmless.
void written_token(const char *token) {
  if (SNAPSHOT_UNLIKELY(in_working_range(token))) written(token + length(token), 1);
}

// strfry shuffles what is there.
char *slow_strfry(char *text) noexcept {
  char *result = SNAPSHOT_REAL(strfry)(text);
  written(text, length(text));
  return result;
}

// n & ~1, when positive.
void slow_swab(const void *from, void *to, ssize_t n) noexcept {
  SNAPSHOT_REAL(swab)(from, to, n);
  if (n > 1) written(to, static_cast<u64>(n) & ~u64{1});
}

// When the result does not fit, what is in the buffer is undefined; all of it may have changed.
size_t written_up_to(char *to, size_t result, size_t n) {
  written(to, min_u64(u64{result} + 1, n));
  return result;
}
size_t slow_strxfrm(char *to, const char *from, size_t n) noexcept {
  return written_up_to(to, SNAPSHOT_REAL(strxfrm)(to, from, n), n);
}
size_t slow_strxfrm_l(char *to, const char *from, size_t n, locale_t locale) noexcept {
  return written_up_to(to, SNAPSHOT_REAL(strxfrm_l)(to, from, n, locale), n);
}

// May leave the buffer alone and return a constant.
char *slow_strerror_r(int error, char *to, size_t n) noexcept {
  char *result = SNAPSHOT_REAL(strerror_r)(error, to, n);
  written(to, n);
  return result;
}
int slow_xpg_strerror_r(int error, char *to, size_t n) noexcept {
  const int result = real_like<"__xpg_strerror_r">(slow_xpg_strerror_r)(error, to, n);
  written(to, n);
  return result;
}

}  // namespace

SNAPSHOT_STUB(char *, strcpy, (char *, const char *) noexcept, "rdi", copy_text<char>);
SNAPSHOT_STUB(char *, stpcpy, (char *, const char *) noexcept, "rdi", copy_text_end<char>);
SNAPSHOT_STUB(char *, __stpcpy, (char *, const char *) noexcept, "rdi", copy_text_end<char>);
SNAPSHOT_STUB(char *, strncpy, (char *, const char *, size_t) noexcept, "rdi", copy_padded<char>);
SNAPSHOT_STUB(char *, stpncpy, (char *, const char *, size_t) noexcept, "rdi", copy_padded_end<char>);
SNAPSHOT_STUB(char *, __stpncpy, (char *, const char *, size_t) noexcept, "rdi", copy_padded_end<char>);
SNAPSHOT_STUB(char *, strcat, (char *, const char *) noexcept, "rdi", append<char>);
SNAPSHOT_STUB(char *, strncat, (char *, const char *, size_t) noexcept, "rdi", append_at_most<char>);

SNAPSHOT_STUB(char *, __strcpy_chk, (char *, const char *, size_t) noexcept, "rdi",
              copy_text_checked<char, "__strcpy_chk">);
SNAPSHOT_STUB(char *, __stpcpy_chk, (char *, const char *, size_t) noexcept, "rdi",
              copy_text_end_checked<char, "__stpcpy_chk">);
SNAPSHOT_STUB(char *, __strncpy_chk, (char *, const char *, size_t, size_t) noexcept, "rdi",
              copy_padded_checked<char, "__strncpy_chk">);
SNAPSHOT_STUB(char *, __stpncpy_chk, (char *, const char *, size_t, size_t) noexcept, "rdi",
              copy_padded_end_checked<char, "__stpncpy_chk">);
SNAPSHOT_STUB(char *, __strcat_chk, (char *, const char *, size_t) noexcept, "rdi",
              append_checked<char, "__strcat_chk">);
SNAPSHOT_STUB(char *, __strncat_chk, (char *, const char *, size_t, size_t) noexcept, "rdi",
              append_at_most_checked<char, "__strncat_chk">);

SNAPSHOT_STUB(char *, strfry, (char *) noexcept, "rdi", slow_strfry);
SNAPSHOT_STUB(void, swab, (const void *, void *, ssize_t) noexcept, "rsi", slow_swab);
SNAPSHOT_STUB(size_t, strxfrm, (char *, const char *, size_t) noexcept, "rdi", slow_strxfrm);
SNAPSHOT_STUB(size_t, strxfrm_l, (char *, const char *, size_t, locale_t) noexcept, "rdi", slow_strxfrm_l);
SNAPSHOT_STUB(size_t, __strxfrm_l, (char *, const char *, size_t, locale_t) noexcept, "rdi", slow_strxfrm_l);
SNAPSHOT_STUB(char *, strerror_r, (int, char *, size_t) noexcept, "rsi", slow_strerror_r);
SNAPSHOT_STUB(char *, __strerror_r, (int, char *, size_t) noexcept, "rsi", slow_strerror_r);
SNAPSHOT_STUB(int, __xpg_strerror_r, (int, char *, size_t) noexcept, "rsi", slow_xpg_strerror_r);

// Two places to write to, or one that only the result names.
SNAPSHOT_EXPORT char *strtok(char *text, const char *separators) noexcept {
  char *token = SNAPSHOT_REAL(strtok)(text, separators);
  written_token(token);
  return token;
}
static char *next_token(char *text, const char *separators, char **rest) noexcept {
  char *token = SNAPSHOT_REAL(strtok_r)(text, separators, rest);
  written_token(token);
  written_object(rest);
  return token;
}
SNAPSHOT_EXPORT char *strtok_r(char *text, const char *separators, char **rest) noexcept {
  return next_token(text, separators, rest);
}
SNAPSHOT_EXPORT char *__strtok_r(char *text, const char *separators, char **rest) noexcept {
  return next_token(text, separators, rest);
}
static char *separate(char **text, const char *separators) {
  char *token = SNAPSHOT_REAL(strsep)(text, separators);
  written_token(token);
  written_object(text);
  return token;
}
SNAPSHOT_EXPORT char *strsep(char **text, const char *separators) noexcept {
  return separate(text, separators);
}
SNAPSHOT_EXPORT char *__strsep_g(char **text, const char *separators) { return separate(text, separators); }

}  // namespace snapshot
