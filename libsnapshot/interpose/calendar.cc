// Times: the formatting of <time.h>, and the functions that fill in a broken-down time.
#include <time.h>
#include <wchar.h>

#include "interpose/stub.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

// 0 says that the text did not fit, or was empty: anything up to n.
template <typename Char>
size_t written_time(Char *to, size_t result, size_t n) {
  written(to, result > 0 ? (result + 1) * sizeof(Char) : claimed(n, sizeof(Char)));
  return result;
}
size_t slow_strftime(char *to, size_t n, const char *format, const tm *time) noexcept {
  return written_time(to, SNAPSHOT_REAL(strftime)(to, n, format, time), n);
}
size_t slow_strftime_l(char *to, size_t n, const char *format, const tm *time, locale_t locale) noexcept {
  return written_time(to, SNAPSHOT_REAL(strftime_l)(to, n, format, time, locale), n);
}
size_t slow_wcsftime(wchar_t *to, size_t n, const wchar_t *format, const tm *time) noexcept {
  return written_time(to, SNAPSHOT_REAL(wcsftime)(to, n, format, time), n);
}
size_t slow_wcsftime_l(wchar_t *to, size_t n, const wchar_t *format, const tm *time,
                       locale_t locale) noexcept {
  return written_time(to, SNAPSHOT_REAL(wcsftime_l)(to, n, format, time, locale), n);
}

// POSIX: the buffer has at least 26 bytes, and the result needs no more; on an error they may have changed.
char *written_date(char *to, char *result) {
  written(to, 26);
  return result;
}
char *slow_asctime_r(const tm *time, char *to) noexcept {
  return written_date(to, SNAPSHOT_REAL(asctime_r)(time, to));
}
char *slow_ctime_r(const time_t *time, char *to) noexcept {
  return written_date(to, SNAPSHOT_REAL(ctime_r)(time, to));
}
tm *slow_gmtime_r(const time_t *time, tm *to) noexcept {
  tm *result = SNAPSHOT_REAL(gmtime_r)(time, to);
  written_object(to);
  return result;
}
tm *slow_localtime_r(const time_t *time, tm *to) noexcept {
  tm *result = SNAPSHOT_REAL(localtime_r)(time, to);
  written_object(to);
  return result;
}
// Normalises its argument.
time_t slow_mktime(tm *time) noexcept {
  const time_t result = SNAPSHOT_REAL(mktime)(time);
  written_object(time);
  return result;
}
time_t slow_timegm(tm *time) noexcept {
  const time_t result = SNAPSHOT_REAL(timegm)(time);
  written_object(time);
  return result;
}

}  // namespace

SNAPSHOT_STUB(size_t, strftime, (char *, size_t, const char *, const tm *) noexcept, "rdi", slow_strftime);
SNAPSHOT_STUB(size_t, strftime_l, (char *, size_t, const char *, const tm *, locale_t) noexcept, "rdi",
              slow_strftime_l);
SNAPSHOT_STUB(size_t, __strftime_l, (char *, size_t, const char *, const tm *, locale_t) noexcept, "rdi",
              slow_strftime_l);
SNAPSHOT_STUB(size_t, wcsftime, (wchar_t *, size_t, const wchar_t *, const tm *) noexcept, "rdi",
              slow_wcsftime);
SNAPSHOT_STUB(size_t, wcsftime_l, (wchar_t *, size_t, const wchar_t *, const tm *, locale_t) noexcept, "rdi",
              slow_wcsftime_l);
SNAPSHOT_STUB(size_t, __wcsftime_l, (wchar_t *, size_t, const wchar_t *, const tm *, locale_t) noexcept,
              "rdi", slow_wcsftime_l);
SNAPSHOT_STUB(char *, asctime_r, (const tm *, char *) noexcept, "rsi", slow_asctime_r);
SNAPSHOT_STUB(char *, ctime_r, (const time_t *, char *) noexcept, "rsi", slow_ctime_r);
SNAPSHOT_STUB(tm *, gmtime_r, (const time_t *, tm *) noexcept, "rsi", slow_gmtime_r);
SNAPSHOT_STUB(tm *, __gmtime_r, (const time_t *, tm *) noexcept, "rsi", slow_gmtime_r);
SNAPSHOT_STUB(tm *, localtime_r, (const time_t *, tm *) noexcept, "rsi", slow_localtime_r);
SNAPSHOT_STUB(time_t, mktime, (tm *) noexcept, "rdi", slow_mktime);
SNAPSHOT_STUB(time_t, timegm, (tm *) noexcept, "rdi", slow_timegm);

}  // namespace snapshot
