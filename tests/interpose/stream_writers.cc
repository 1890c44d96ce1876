#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <memory>

#include "writer_check.h"

using test::check, test::distance, test::text, test::wide, test::Writer;

extern "C" {
size_t __fread_chk(void *, size_t, size_t, size_t, FILE *);
size_t __fread_unlocked_chk(void *, size_t, size_t, size_t, FILE *);
char *__fgets_chk(char *, size_t, int, FILE *);
char *__fgets_unlocked_chk(char *, size_t, int, FILE *);
wchar_t *__fgetws_chk(wchar_t *, size_t, int, FILE *);
wchar_t *__fgetws_unlocked_chk(wchar_t *, size_t, int, FILE *);
char *gets(char *);
char *__gets_chk(char *, size_t);
ssize_t __getdelim(char **, size_t *, int, FILE *);
}

namespace {

// A stream of these bytes; in a real file, for fmemopen's would reach them in another way than programs do.
class Stream {
 public:
  explicit Stream(const std::string &bytes) : file_(std::tmpfile()) {
    if (pwrite(fileno(file_), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) abort();
  }
  ~Stream() { fclose(file_); }
  operator FILE *() const { return file_; }

 private:
  FILE *file_;
};

// n characters and a newline, and another line.
std::string lines(size_t n) { return std::string(text(n)) + "\nmore\n"; }

// `extra` for what is beyond the n characters of the line.
void check_line(const char *name, std::function<char *(char *, size_t, FILE *)> call) {
  check({name, [call](char *to, size_t n) { return distance(call(to, n, Stream(lines(n))), to); }, 1, 2});
}
void check_wide_line(const char *name, std::function<wchar_t *(wchar_t *, size_t, FILE *)> call) {
  check(
      {name, [call](char *to, size_t n) { return distance(call(wide(to), n, Stream(lines(n))), to); }, 4, 2});
}
void check_read(const char *name, std::function<size_t(char *, size_t, FILE *)> call) {
  check({name, [call](char *to, size_t n) { return long(call(to, n, Stream(text(n)))); }});
}

}  // namespace

TEST_CASE("fread is tracked") {
  check_read("fread", [](char *to, size_t n, FILE *f) { return fread(to, 1, n, f); });
  check_read("fread of one item", [](char *to, size_t n, FILE *f) { return fread(to, n, 1, f); });
  check_read("fread_unlocked", [](char *to, size_t n, FILE *f) { return fread_unlocked(to, 1, n, f); });
  check_read("__fread_chk", [](char *to, size_t n, FILE *f) { return __fread_chk(to, n, 1, n, f); });
  check_read("__fread_unlocked_chk",
             [](char *to, size_t n, FILE *f) { return __fread_unlocked_chk(to, n, 1, n, f); });
  // More is asked for than there is, and the last item is incomplete.
  Writer partial{"fread of a partial item",
                 [](char *to, size_t n) { return long(fread(to, 1000, 9, Stream(text(n)))); }};
  partial.sizes = {1, 8, 64, 999, 1001, 4097};
  check(partial);
}

TEST_CASE("fgets is tracked") {
  const auto i = [](size_t n) { return static_cast<int>(n); };
  check_line("fgets", [&](char *to, size_t n, FILE *f) { return fgets(to, i(n) + 2, f); });
  check_line("fgets into more", [&](char *to, size_t n, FILE *f) { return fgets(to, i(n) + 99, f); });
  check_line("fgets_unlocked", [&](char *to, size_t n, FILE *f) { return fgets_unlocked(to, i(n) + 2, f); });
  check_line("__fgets_chk", [&](char *to, size_t n, FILE *f) { return __fgets_chk(to, n + 2, i(n) + 2, f); });
  check_line("__fgets_unlocked_chk",
             [&](char *to, size_t n, FILE *f) { return __fgets_unlocked_chk(to, n + 2, i(n) + 2, f); });
  check_line("fgets, line too long",
             [&](char *to, size_t n, FILE *f) { return fgets(to, i(n + 1) / 2 + 1, f); });
  check_wide_line("fgetws", [&](wchar_t *to, size_t n, FILE *f) { return fgetws(to, i(n) + 2, f); });
  check_wide_line("fgetws_unlocked",
                  [&](wchar_t *to, size_t n, FILE *f) { return fgetws_unlocked(to, i(n) + 2, f); });
  check_wide_line("__fgetws_chk",
                  [&](wchar_t *to, size_t n, FILE *f) { return __fgetws_chk(to, n + 2, i(n) + 2, f); });
  check_wide_line("__fgetws_unlocked_chk", [&](wchar_t *to, size_t n, FILE *f) {
    return __fgetws_unlocked_chk(to, n + 2, i(n) + 2, f);
  });
}

TEST_CASE("fgets is tracked behind a zero within the line") {
  const auto line = [](size_t n) { return std::string("a\0", 2) + text(n) + "\n"; };
  check({"fgets with zeros",
         [&](char *to, size_t n) { return distance(fgets(to, int(n) + 99, Stream(line(n))), to); }, 1, 99});
  check({"fgets with zeros at the end of file",
         [&](char *to, size_t n) {
           return distance(fgets(to, int(n) + 99, Stream(std::string("a\0", 2) + text(n))), to);
         },
         1, 99});
}

TEST_CASE("gets is tracked") {
  const auto from_stdin = [](size_t n, std::function<char *()> call) {
    Stream stream(lines(n));
    FILE *before = stdin;
    stdin = stream;
    char *result = call();
    stdin = before;
    return result;
  };
  check({"gets", [&](char *to, size_t n) { return distance(from_stdin(n, [=] { return gets(to); }), to); }, 1,
         1});
  check(
      {"__gets_chk",
       [&](char *to, size_t n) { return distance(from_stdin(n, [=] { return __gets_chk(to, n + 9); }), to); },
       1, 9});
}

TEST_CASE("getline is tracked into a buffer of the program's") {
  const auto line = [](const char *name, std::function<ssize_t(char **, size_t *, FILE *)> call) {
    check({name,
           [call](char *to, size_t n) {
             char *buffer = to;
             size_t bytes = n + 2;
             return long(call(&buffer, &bytes, Stream(lines(n))));
           },
           1, 2});
  };
  line("getline", [](char **to, size_t *bytes, FILE *f) { return getline(to, bytes, f); });
  line("getdelim", [](char **to, size_t *bytes, FILE *f) { return getdelim(to, bytes, '\n', f); });
  line("__getdelim", [](char **to, size_t *bytes, FILE *f) { return __getdelim(to, bytes, '\n', f); });

  // The pointer and the size in the file, the buffer libc's.
  Writer place = test::fills_in("getline's pointer and size", 16, 8, [](char *to) {
    const ssize_t result =
        getline(reinterpret_cast<char **>(to), reinterpret_cast<size_t *>(to + 8), Stream("hello\n"));
    return long(result);
  });
  place.prepare = [](char *to) { memset(to, 0, 16); };
  check(place);
}
