// wmem* and wcs*: the slow paths of strings.cc, with wider characters. All sizes in the interfaces count
// those.
#include <wchar.h>

#include "interpose/converted.h"
#include "interpose/text_copies.h"

namespace snapshot {
namespace {

wchar_t *slow_wmemmove(wchar_t *to, const wchar_t *from, size_t n) noexcept {
  move(to, from, n);
  written(to, n * sizeof(wchar_t));
  return to;
}
wchar_t *slow_wmempcpy(wchar_t *to, const wchar_t *from, size_t n) noexcept {
  return slow_wmemmove(to, from, n) + n;
}
wchar_t *slow_wmemset(wchar_t *to, wchar_t character, size_t n) noexcept {
  for (size_t i = 0; i < n; ++i) to[i] = character;
  written(to, n * sizeof(wchar_t));
  return to;
}
template <FunctionName kReal>
wchar_t *slow_wmemmove_chk(wchar_t *to, const wchar_t *from, size_t n, size_t size) noexcept {
  if (n > size) return real_like<kReal>(slow_wmemmove_chk<kReal>)(to, from, n, size);
  return slow_wmemmove(to, from, n);
}
wchar_t *slow_wmempcpy_chk(wchar_t *to, const wchar_t *from, size_t n, size_t size) noexcept {
  if (n > size) return real_like<"__wmempcpy_chk">(slow_wmempcpy_chk)(to, from, n, size);
  return slow_wmempcpy(to, from, n);
}
wchar_t *slow_wmemset_chk(wchar_t *to, wchar_t character, size_t n, size_t size) noexcept {
  if (n > size) return real_like<"__wmemset_chk">(slow_wmemset_chk)(to, character, n, size);
  return slow_wmemset(to, character, n);
}

size_t slow_wcsxfrm(wchar_t *to, const wchar_t *from, size_t n) noexcept {
  return converted(to, SNAPSHOT_REAL(wcsxfrm)(to, from, n), n);
}
size_t slow_wcsxfrm_l(wchar_t *to, const wchar_t *from, size_t n, locale_t locale) noexcept {
  return converted(to, SNAPSHOT_REAL(wcsxfrm_l)(to, from, n, locale), n);
}
}  // namespace

using Wide = wchar_t;
SNAPSHOT_STUB(Wide *, wmemcpy, (Wide *, const Wide *, size_t) noexcept, "rdi", slow_wmemmove);
SNAPSHOT_STUB(Wide *, wmemmove, (Wide *, const Wide *, size_t) noexcept, "rdi", slow_wmemmove);
SNAPSHOT_STUB(Wide *, wmempcpy, (Wide *, const Wide *, size_t) noexcept, "rdi", slow_wmempcpy);
SNAPSHOT_STUB(Wide *, wmemset, (Wide *, Wide, size_t) noexcept, "rdi", slow_wmemset);
SNAPSHOT_STUB(Wide *, wcscpy, (Wide *, const Wide *) noexcept, "rdi", copy_text<Wide>);
SNAPSHOT_STUB(Wide *, wcpcpy, (Wide *, const Wide *) noexcept, "rdi", copy_text_end<Wide>);
SNAPSHOT_STUB(Wide *, wcsncpy, (Wide *, const Wide *, size_t) noexcept, "rdi", copy_padded<Wide>);
SNAPSHOT_STUB(Wide *, wcpncpy, (Wide *, const Wide *, size_t) noexcept, "rdi", copy_padded_end<Wide>);
SNAPSHOT_STUB(Wide *, wcscat, (Wide *, const Wide *) noexcept, "rdi", append<Wide>);
SNAPSHOT_STUB(Wide *, wcsncat, (Wide *, const Wide *, size_t) noexcept, "rdi", append_at_most<Wide>);

SNAPSHOT_STUB(Wide *, __wmemcpy_chk, (Wide *, const Wide *, size_t, size_t) noexcept, "rdi",
              slow_wmemmove_chk<"__wmemcpy_chk">);
SNAPSHOT_STUB(Wide *, __wmemmove_chk, (Wide *, const Wide *, size_t, size_t) noexcept, "rdi",
              slow_wmemmove_chk<"__wmemmove_chk">);
SNAPSHOT_STUB(Wide *, __wmempcpy_chk, (Wide *, const Wide *, size_t, size_t) noexcept, "rdi",
              slow_wmempcpy_chk);
SNAPSHOT_STUB(Wide *, __wmemset_chk, (Wide *, Wide, size_t, size_t) noexcept, "rdi", slow_wmemset_chk);
SNAPSHOT_STUB(Wide *, __wcscpy_chk, (Wide *, const Wide *, size_t) noexcept, "rdi",
              copy_text_checked<Wide, "__wcscpy_chk">);
SNAPSHOT_STUB(Wide *, __wcpcpy_chk, (Wide *, const Wide *, size_t) noexcept, "rdi",
              copy_text_end_checked<Wide, "__wcpcpy_chk">);
SNAPSHOT_STUB(Wide *, __wcsncpy_chk, (Wide *, const Wide *, size_t, size_t) noexcept, "rdi",
              copy_padded_checked<Wide, "__wcsncpy_chk">);
SNAPSHOT_STUB(Wide *, __wcpncpy_chk, (Wide *, const Wide *, size_t, size_t) noexcept, "rdi",
              copy_padded_end_checked<Wide, "__wcpncpy_chk">);
SNAPSHOT_STUB(Wide *, __wcscat_chk, (Wide *, const Wide *, size_t) noexcept, "rdi",
              append_checked<Wide, "__wcscat_chk">);
SNAPSHOT_STUB(Wide *, __wcsncat_chk, (Wide *, const Wide *, size_t, size_t) noexcept, "rdi",
              append_at_most_checked<Wide, "__wcsncat_chk">);

SNAPSHOT_STUB(size_t, wcsxfrm, (Wide *, const Wide *, size_t) noexcept, "rdi", slow_wcsxfrm);
SNAPSHOT_STUB(size_t, wcsxfrm_l, (Wide *, const Wide *, size_t, locale_t) noexcept, "rdi", slow_wcsxfrm_l);
SNAPSHOT_STUB(size_t, __wcsxfrm_l, (Wide *, const Wide *, size_t, locale_t) noexcept, "rdi", slow_wcsxfrm_l);
SNAPSHOT_EXPORT Wide *wcstok(Wide *text, const Wide *separators, Wide **rest) noexcept {
  Wide *token = SNAPSHOT_REAL(wcstok)(text, separators, rest);
  if (SNAPSHOT_UNLIKELY(in_working_range(token))) written(token + length(token), sizeof(Wide));
  written_object(rest);
  return token;
}

}  // namespace snapshot
