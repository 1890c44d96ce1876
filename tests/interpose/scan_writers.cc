#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <catch2/catch.hpp>
#include <string>

#include "tracked_call.h"

using test::at;

// libc's names for the standard's scanf, which headers call by other names, and old ones.
extern "C" {
int __isoc99_sscanf(const char *, const char *, ...);
int __isoc99_fscanf(FILE *, const char *, ...);
int __isoc99_scanf(const char *, ...);
int __isoc99_vsscanf(const char *, const char *, va_list);
int __isoc99_vfscanf(FILE *, const char *, va_list);
int __isoc99_vscanf(const char *, va_list);
int __isoc99_swscanf(const wchar_t *, const wchar_t *, ...);
int __isoc99_fwscanf(FILE *, const wchar_t *, ...);
int __isoc99_wscanf(const wchar_t *, ...);
int __isoc99_vswscanf(const wchar_t *, const wchar_t *, va_list);
int __isoc99_vfwscanf(FILE *, const wchar_t *, va_list);
int __isoc99_vwscanf(const wchar_t *, va_list);
int _IO_sscanf(const char *, const char *, ...);
int __vsscanf(const char *, const char *, va_list);
int __vfscanf(FILE *, const char *, va_list);
int plain_sscanf(const char *, const char *, ...) __asm__("sscanf");
int plain_fscanf(FILE *, const char *, ...) __asm__("fscanf");
int plain_scanf(const char *, ...) __asm__("scanf");
int plain_vsscanf(const char *, const char *, va_list) __asm__("vsscanf");
int plain_vfscanf(FILE *, const char *, va_list) __asm__("vfscanf");
int plain_vscanf(const char *, va_list) __asm__("vscanf");
int plain_swscanf(const wchar_t *, const wchar_t *, ...) __asm__("swscanf");
int plain_fwscanf(FILE *, const wchar_t *, ...) __asm__("fwscanf");
int plain_wscanf(const wchar_t *, ...) __asm__("wscanf");
int plain_vswscanf(const wchar_t *, const wchar_t *, va_list) __asm__("vswscanf");
int plain_vfwscanf(FILE *, const wchar_t *, va_list) __asm__("vfwscanf");
int plain_vwscanf(const wchar_t *, va_list) __asm__("vwscanf");
}

namespace {

// A stream with this text in it, for one call.
struct Stream {
  FILE *file = tmpfile();
  explicit Stream(const char *text) {
    // Not through the stream: it is to be neither one for bytes nor one for wide characters yet.
    REQUIRE(write(fileno(file), text, strlen(text)) == static_cast<ssize_t>(strlen(text)));
    rewind(file);
  }
  ~Stream() { fclose(file); }
};

// Standard input with this text in it.
struct Input {
  Stream stream;
  FILE *was = stdin;
  explicit Input(const char *text) : stream(text) { stdin = stream.file; }
  ~Input() { stdin = was; }
};

// Calls a v... function with two pointers into the file.
template <typename Function>
int pass_list(Function function, ...) {
  va_list arguments;
  va_start(arguments, function);
  const int result = function(arguments);
  va_end(arguments);
  return result;
}
template <typename Function, typename... First>
int listed(Function *function, First... first) {
  const auto call = [=](va_list arguments) { return function(first..., arguments); };
  return pass_list(call, at<int>(0), at<char>(1));
}

const char *const text =
    "42 some-words-that-are-longer-than-a-line-of-the-cache-which-has-sixty-four-bytes rest";
const wchar_t *const wide = L"42 some-words-that-are-longer-than-a-line-of-the-cache rest";

}  // namespace

TEST_CASE("what the scanf family stores is tracked") {
  TRACKED(plain_sscanf(text, "%d %s", at<int>(0), at<char>(1)));
  TRACKED(_IO_sscanf(text, "%d %s", at<int>(0), at<char>(1)));
  TRACKED(__isoc99_sscanf(text, "%d %s", at<int>(0), at<char>(1)));
  TRACKED(plain_fscanf(Stream(text).file, "%d %s", at<int>(0), at<char>(1)));
  TRACKED(__isoc99_fscanf(Stream(text).file, "%d %s", at<int>(0), at<char>(1)));
  TRACKED([] {
    const Input in(text);
    return plain_scanf("%d %s", at<int>(0), at<char>(1));
  }());
  TRACKED([] {
    const Input in(text);
    return __isoc99_scanf("%d %s", at<int>(0), at<char>(1));
  }());
  TRACKED(listed(plain_vsscanf, text, "%d %s"));
  TRACKED(listed(__vsscanf, text, "%d %s"));
  TRACKED(listed(__isoc99_vsscanf, text, "%d %s"));
  TRACKED(listed(plain_vfscanf, Stream(text).file, "%d %s"));
  TRACKED(listed(__vfscanf, Stream(text).file, "%d %s"));
  TRACKED(listed(__isoc99_vfscanf, Stream(text).file, "%d %s"));
  TRACKED([] {
    const Input in(text);
    return listed(plain_vscanf, "%d %s");
  }());
  TRACKED([] {
    const Input in(text);
    return listed(__isoc99_vscanf, "%d %s");
  }());
}

TEST_CASE("what the scanf family stores from wide text is tracked") {
  TRACKED(plain_swscanf(wide, L"%d %s", at<int>(0), at<char>(1)));
  TRACKED(__isoc99_swscanf(wide, L"%d %ls", at<int>(0), at<wchar_t>(1)));
  TRACKED(plain_fwscanf(Stream(text).file, L"%d %s", at<int>(0), at<char>(1)));
  TRACKED(__isoc99_fwscanf(Stream(text).file, L"%d %ls", at<int>(0), at<wchar_t>(1)));
  TRACKED([] {
    const Input in(text);
    return plain_wscanf(L"%d %s", at<int>(0), at<char>(1));
  }());
  TRACKED([] {
    const Input in(text);
    return __isoc99_wscanf(L"%d %s", at<int>(0), at<char>(1));
  }());
  TRACKED(listed(plain_vswscanf, wide, L"%d %s"));
  TRACKED(listed(__isoc99_vswscanf, wide, L"%d %s"));
  TRACKED(listed(plain_vfwscanf, Stream(text).file, L"%d %s"));
  TRACKED(listed(__isoc99_vfwscanf, Stream(text).file, L"%d %s"));
  TRACKED([] {
    const Input in(text);
    return listed(plain_vwscanf, L"%d %s");
  }());
  TRACKED([] {
    const Input in(text);
    return listed(__isoc99_vwscanf, L"%d %s");
  }());
}

TEST_CASE("each conversion is tracked") {
#define SCANS(input, format, ...) TRACKED(__isoc99_sscanf(input, format, __VA_ARGS__))
  SCANS("1 2 3 4", "%hhd %hd %ld %lld", at<char>(0), at<short>(1), at<long>(2), at<long long>(3));
  SCANS("1 2 3 4", "%jd %zu %td %i", at<intmax_t>(0), at<size_t>(1), at<ptrdiff_t>(2), at<int>(3));
  SCANS("1 2 3 4", "%o %x %X %u", at<int>(0), at<int>(1), at<int>(2), at<int>(3));
  SCANS("1 2 3 4", "%qd %'d %Ld %p", at<long>(0), at<int>(1), at<long>(2), at<void *>(3));
  SCANS("1.5 2.5 3.5", "%f %lf %Lf", at<float>(0), at<double>(1), at<long double>(2));
  SCANS("1.5 2.5 3.5 4.5", "%a %e %g %A", at<float>(0), at<float>(1), at<float>(2), at<float>(3));
  SCANS("abcdef", "%c%3c%n%2s", at<char>(0), at<char>(1), at<int>(2), at<char>(3));
  SCANS("abc]def 7", "%[]a-c]%[^] ]%d", at<char>(0), at<char>(1), at<int>(2));
  SCANS("abc def", "%ls %S", at<wchar_t>(0), at<wchar_t>(1));
  SCANS("abc", "%lc%C%l[c]", at<wchar_t>(0), at<wchar_t>(1), at<wchar_t>(2));
  SCANS("1 2 3%4", "%*d %d %*s%%%d", at<int>(0), at<int>(1));
  SCANS("1 2", "%2$d %1$ld", at<long>(0), at<int>(1));
  TRACKED([] {
    __isoc99_sscanf("abc def ghi", "%ms %m[a-f] %mc", at<char *>(0), at<char *>(1), at<char *>(2));
    free(*at<char *>(0)), free(*at<char *>(1)), free(*at<char *>(2));
    return 0;
  }());
}

TEST_CASE("what a scanf stores before its input fails is tracked") {
  TRACKED(__isoc99_sscanf("12 x", "%d %d %s", at<int>(0), at<int>(1), at<char>(2)));
  TRACKED_IF_ANY(__isoc99_sscanf("abc", "%8c", at<char>(0)));
  TRACKED_IF_ANY(__isoc99_sscanf("1 abc", "%d %8c", at<int>(0), at<char>(1)));
  TRACKED_IF_ANY(__isoc99_sscanf("", "%100s", at<char>(0)));
  // Behind a failure nothing is looked at: this pointer leads nowhere.
  TRACKED_IF_ANY(__isoc99_sscanf("x", "%d %s", at<int>(0), reinterpret_cast<char *>(8)));
}
