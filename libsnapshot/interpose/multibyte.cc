// Conversions between wide and multibyte text. Those with a state write to it, and to the source pointer that
// they advance: either may be in a managed file, beside the text.
#include <limits.h>
#include <stdlib.h>
#include <uchar.h>
#include <wchar.h>

#include "interpose/converted.h"
#include "interpose/stub.h"

namespace snapshot {
namespace {

size_t slow_mbstowcs(wchar_t *to, const char *from, size_t n) noexcept {
  return converted(to, SNAPSHOT_REAL(mbstowcs)(to, from, n), n);
}
size_t slow_mbstowcs_chk(wchar_t *to, const char *from, size_t n, size_t size) noexcept {
  return converted(to, real_like<"__mbstowcs_chk">(slow_mbstowcs_chk)(to, from, n, size), n);
}
size_t slow_wcstombs(char *to, const wchar_t *from, size_t n) noexcept {
  return converted(to, SNAPSHOT_REAL(wcstombs)(to, from, n), n);
}
size_t slow_wcstombs_chk(char *to, const wchar_t *from, size_t n, size_t size) noexcept {
  return converted(to, real_like<"__wcstombs_chk">(slow_wcstombs_chk)(to, from, n, size), n);
}
int slow_mbtowc(wchar_t *to, const char *from, size_t n) noexcept {
  const int result = SNAPSHOT_REAL(mbtowc)(to, from, n);
  written_object(to);
  return result;
}
int slow_wctomb(char *to, wchar_t character) noexcept {
  const int result = SNAPSHOT_REAL(wctomb)(to, character);
  if (result > 0) written(to, static_cast<u64>(result));
  return result;
}
int slow_wctomb_chk(char *to, wchar_t character, size_t size) noexcept {
  const int result = real_like<"__wctomb_chk">(slow_wctomb_chk)(to, character, size);
  if (result > 0) written(to, static_cast<u64>(result));
  return result;
}

}  // namespace

using Wide = wchar_t;
SNAPSHOT_STUB(size_t, mbstowcs, (Wide *, const char *, size_t) noexcept, "rdi", slow_mbstowcs);
SNAPSHOT_STUB(size_t, __mbstowcs_chk, (Wide *, const char *, size_t, size_t) noexcept, "rdi",
              slow_mbstowcs_chk);
SNAPSHOT_STUB(size_t, wcstombs, (char *, const Wide *, size_t) noexcept, "rdi", slow_wcstombs);
SNAPSHOT_STUB(size_t, __wcstombs_chk, (char *, const Wide *, size_t, size_t) noexcept, "rdi",
              slow_wcstombs_chk);
SNAPSHOT_STUB(int, mbtowc, (Wide *, const char *, size_t) noexcept, "rdi", slow_mbtowc);
SNAPSHOT_STUB(int, wctomb, (char *, Wide) noexcept, "rdi", slow_wctomb);
SNAPSHOT_STUB(int, __wctomb_chk, (char *, Wide, size_t) noexcept, "rdi", slow_wctomb_chk);

template <typename Char, typename Source>
static size_t converted_with_state(Char *to, size_t result, size_t n, Source **from, mbstate_t *state) {
  written_object(from);
  written_object(state);
  return converted(to, result, n);
}
SNAPSHOT_EXPORT size_t mbsrtowcs(Wide *to, const char **from, size_t n, mbstate_t *state) noexcept {
  return converted_with_state(to, SNAPSHOT_REAL(mbsrtowcs)(to, from, n, state), n, from, state);
}
SNAPSHOT_EXPORT size_t __mbsrtowcs_chk(Wide *to, const char **from, size_t n, mbstate_t *state,
                                       size_t size) noexcept {
  const size_t result = real_like<"__mbsrtowcs_chk">(__mbsrtowcs_chk)(to, from, n, state, size);
  return converted_with_state(to, result, n, from, state);
}
SNAPSHOT_EXPORT size_t mbsnrtowcs(Wide *to, const char **from, size_t source_max, size_t n,
                                  mbstate_t *state) noexcept {
  return converted_with_state(to, SNAPSHOT_REAL(mbsnrtowcs)(to, from, source_max, n, state), n, from, state);
}
SNAPSHOT_EXPORT size_t __mbsnrtowcs_chk(Wide *to, const char **from, size_t source_max, size_t n,
                                        mbstate_t *state, size_t size) noexcept {
  const size_t result = real_like<"__mbsnrtowcs_chk">(__mbsnrtowcs_chk)(to, from, source_max, n, state, size);
  return converted_with_state(to, result, n, from, state);
}
SNAPSHOT_EXPORT size_t wcsrtombs(char *to, const Wide **from, size_t n, mbstate_t *state) noexcept {
  return converted_with_state(to, SNAPSHOT_REAL(wcsrtombs)(to, from, n, state), n, from, state);
}
SNAPSHOT_EXPORT size_t __wcsrtombs_chk(char *to, const Wide **from, size_t n, mbstate_t *state,
                                       size_t size) noexcept {
  const size_t result = real_like<"__wcsrtombs_chk">(__wcsrtombs_chk)(to, from, n, state, size);
  return converted_with_state(to, result, n, from, state);
}
SNAPSHOT_EXPORT size_t wcsnrtombs(char *to, const Wide **from, size_t source_max, size_t n,
                                  mbstate_t *state) noexcept {
  return converted_with_state(to, SNAPSHOT_REAL(wcsnrtombs)(to, from, source_max, n, state), n, from, state);
}
SNAPSHOT_EXPORT size_t __wcsnrtombs_chk(char *to, const Wide **from, size_t source_max, size_t n,
                                        mbstate_t *state, size_t size) noexcept {
  const size_t result = real_like<"__wcsnrtombs_chk">(__wcsnrtombs_chk)(to, from, source_max, n, state, size);
  return converted_with_state(to, result, n, from, state);
}

// One character at a time; a result above the longest is an error, and then nothing but the state was
// written.
static size_t converted_one(char *to, size_t result, mbstate_t *state) {
  written_object(state);
  if (result <= MB_LEN_MAX) written(to, result);
  return result;
}
SNAPSHOT_EXPORT size_t wcrtomb(char *to, Wide character, mbstate_t *state) noexcept {
  return converted_one(to, SNAPSHOT_REAL(wcrtomb)(to, character, state), state);
}
SNAPSHOT_EXPORT size_t __wcrtomb_chk(char *to, Wide character, mbstate_t *state, size_t size) noexcept {
  return converted_one(to, real_like<"__wcrtomb_chk">(__wcrtomb_chk)(to, character, state, size), state);
}
SNAPSHOT_EXPORT size_t c16rtomb(char *to, char16_t character, mbstate_t *state) noexcept {
  return converted_one(to, SNAPSHOT_REAL(c16rtomb)(to, character, state), state);
}
SNAPSHOT_EXPORT size_t c32rtomb(char *to, char32_t character, mbstate_t *state) noexcept {
  return converted_one(to, SNAPSHOT_REAL(c32rtomb)(to, character, state), state);
}
SNAPSHOT_EXPORT size_t mbrtowc(Wide *to, const char *from, size_t n, mbstate_t *state) noexcept {
  const size_t result = SNAPSHOT_REAL(mbrtowc)(to, from, n, state);
  written_object(to);
  written_object(state);
  return result;
}
SNAPSHOT_EXPORT size_t __mbrtowc(Wide *to, const char *from, size_t n, mbstate_t *state) noexcept {
  const size_t result = SNAPSHOT_REAL(mbrtowc)(to, from, n, state);
  written_object(to);
  written_object(state);
  return result;
}
SNAPSHOT_EXPORT size_t mbrtoc16(char16_t *to, const char *from, size_t n, mbstate_t *state) noexcept {
  const size_t result = SNAPSHOT_REAL(mbrtoc16)(to, from, n, state);
  written_object(to);
  written_object(state);
  return result;
}
SNAPSHOT_EXPORT size_t mbrtoc32(char32_t *to, const char *from, size_t n, mbstate_t *state) noexcept {
  const size_t result = SNAPSHOT_REAL(mbrtoc32)(to, from, n, state);
  written_object(to);
  written_object(state);
  return result;
}
SNAPSHOT_EXPORT size_t mbrlen(const char *from, size_t n, mbstate_t *state) noexcept {
  const size_t result = SNAPSHOT_REAL(mbrlen)(from, n, state);
  written_object(state);
  return result;
}
SNAPSHOT_EXPORT size_t __mbrlen(const char *from, size_t n, mbstate_t *state) noexcept {
  const size_t result = SNAPSHOT_REAL(mbrlen)(from, n, state);
  written_object(state);
  return result;
}

}  // namespace snapshot
