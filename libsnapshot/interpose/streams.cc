// The functions of <stdio.h> that read a stream into the program's buffer.
//
// Not followed: a stream's own buffer, when setvbuf or fmemopen put it into a managed file.
#include <stdio.h>
#include <wchar.h>

#include "interpose/memory.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

// An item that could be read only in part is not counted, but written.
size_t written_items(void *to, size_t result, size_t item_bytes, size_t items) {
  if (SNAPSHOT_UNLIKELY(in_working_range(to)))
    written(to, (result < items ? result + 1 : items) * item_bytes);
  return result;
}
size_t slow_fread(void *to, size_t item_bytes, size_t items, FILE *stream) {
  return written_items(to, SNAPSHOT_REAL(fread)(to, item_bytes, items, stream), item_bytes, items);
}
size_t slow_fread_unlocked(void *to, size_t item_bytes, size_t items, FILE *stream) {
  return written_items(to, SNAPSHOT_REAL(fread_unlocked)(to, item_bytes, items, stream), item_bytes, items);
}
template <FunctionName kReal>
size_t slow_fread_chk(void *to, size_t size, size_t item_bytes, size_t items, FILE *stream) {
  const size_t result = real_like<kReal>(slow_fread_chk<kReal>)(to, size, item_bytes, items, stream);
  return written_items(to, result, item_bytes, items);
}

// What fgets has written of its n characters. A line ends at its first newline, so a zero right behind a
// newline, or at the end of the buffer, is the terminator. A zero elsewhere may be the line's own, with more
// behind it; and after an error (nullptr) nothing is known.
template <typename Char>
u64 line_characters(const Char *to, const Char *result, u64 n) {
  if (result == nullptr) return n;
  const u64 count = length_at_most(to, n);
  const bool whole = count + 1 == n || (count > 0 && to[count - 1] == '\n');
  return whole ? count + 1 : n;
}
template <typename Char>
Char *written_line(Char *to, Char *result, int n) {
  if (SNAPSHOT_UNLIKELY(in_working_range(to)) && n > 0)
    written(to, line_characters(to, result, static_cast<u64>(n)) * sizeof(Char));
  return result;
}
char *slow_fgets(char *to, int n, FILE *stream) {
  return written_line(to, SNAPSHOT_REAL(fgets)(to, n, stream), n);
}
char *slow_fgets_unlocked(char *to, int n, FILE *stream) {
  return written_line(to, SNAPSHOT_REAL(fgets_unlocked)(to, n, stream), n);
}
wchar_t *slow_fgetws(wchar_t *to, int n, FILE *stream) {
  return written_line(to, SNAPSHOT_REAL(fgetws)(to, n, stream), n);
}
wchar_t *slow_fgetws_unlocked(wchar_t *to, int n, FILE *stream) {
  return written_line(to, SNAPSHOT_REAL(fgetws_unlocked)(to, n, stream), n);
}
template <typename Char, FunctionName kReal>
Char *slow_fgets_chk(Char *to, size_t size, int n, FILE *stream) {
  return written_line(to, real_like<kReal>(slow_fgets_chk<Char, kReal>)(to, size, n, stream), n);
}
// No bound, as ever; and nothing to say where a line with zeros ends.
char *slow_gets(char *to) {
  char *result = real_like<"gets">(slow_gets)(to);
  if (SNAPSHOT_UNLIKELY(in_working_range(to)) && result != nullptr) written(to, length(to) + 1);
  return result;
}
char *slow_gets_chk(char *to, size_t size) {
  char *result = real_like<"__gets_chk">(slow_gets_chk)(to, size);
  written(to, claimed(size, 1));
  return result;
}

// The buffer may be the program's own, while it is large enough; the pointer and the size may be anywhere.
ssize_t written_buffer(char **buffer, size_t *bytes, ssize_t result) {
  written_object(buffer);
  written_object(bytes);
  if (buffer != nullptr && bytes != nullptr)
    written(*buffer, result >= 0 ? static_cast<u64>(result) + 1 : *bytes);
  return result;
}

}  // namespace

SNAPSHOT_STUB(size_t, fread, (void *, size_t, size_t, FILE *), "rdi", slow_fread);
SNAPSHOT_STUB(size_t, _IO_fread, (void *, size_t, size_t, FILE *), "rdi", slow_fread);
SNAPSHOT_STUB(size_t, fread_unlocked, (void *, size_t, size_t, FILE *), "rdi", slow_fread_unlocked);
SNAPSHOT_STUB(size_t, __fread_chk, (void *, size_t, size_t, size_t, FILE *), "rdi",
              slow_fread_chk<"__fread_chk">);
SNAPSHOT_STUB(size_t, __fread_unlocked_chk, (void *, size_t, size_t, size_t, FILE *), "rdi",
              slow_fread_chk<"__fread_unlocked_chk">);
SNAPSHOT_STUB(char *, fgets, (char *, int, FILE *), "rdi", slow_fgets);
SNAPSHOT_STUB(char *, _IO_fgets, (char *, int, FILE *), "rdi", slow_fgets);
SNAPSHOT_STUB(char *, fgets_unlocked, (char *, int, FILE *), "rdi", slow_fgets_unlocked);
SNAPSHOT_STUB(char *, __fgets_chk, (char *, size_t, int, FILE *), "rdi", slow_fgets_chk<char, "__fgets_chk">);
SNAPSHOT_STUB(char *, __fgets_unlocked_chk, (char *, size_t, int, FILE *), "rdi",
              slow_fgets_chk<char, "__fgets_unlocked_chk">);
SNAPSHOT_STUB(wchar_t *, fgetws, (wchar_t *, int, FILE *), "rdi", slow_fgetws);
SNAPSHOT_STUB(wchar_t *, fgetws_unlocked, (wchar_t *, int, FILE *), "rdi", slow_fgetws_unlocked);
SNAPSHOT_STUB(wchar_t *, __fgetws_chk, (wchar_t *, size_t, int, FILE *), "rdi",
              slow_fgets_chk<wchar_t, "__fgetws_chk">);
SNAPSHOT_STUB(wchar_t *, __fgetws_unlocked_chk, (wchar_t *, size_t, int, FILE *), "rdi",
              slow_fgets_chk<wchar_t, "__fgetws_unlocked_chk">);
SNAPSHOT_STUB(char *, gets, (char *), "rdi", slow_gets);
SNAPSHOT_STUB(char *, _IO_gets, (char *), "rdi", slow_gets);
SNAPSHOT_STUB(char *, __gets_chk, (char *, size_t), "rdi", slow_gets_chk);

SNAPSHOT_EXPORT ssize_t getline(char **buffer, size_t *bytes, FILE *stream) {
  return written_buffer(buffer, bytes, SNAPSHOT_REAL(getline)(buffer, bytes, stream));
}
SNAPSHOT_EXPORT ssize_t getdelim(char **buffer, size_t *bytes, int delimiter, FILE *stream) {
  return written_buffer(buffer, bytes, SNAPSHOT_REAL(getdelim)(buffer, bytes, delimiter, stream));
}
SNAPSHOT_EXPORT ssize_t __getdelim(char **buffer, size_t *bytes, int delimiter, FILE *stream) {
  return written_buffer(buffer, bytes, SNAPSHOT_REAL(getdelim)(buffer, bytes, delimiter, stream));
}

}  // namespace snapshot
