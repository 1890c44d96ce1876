// A fortified function that would overflow its destination ends the program, also when that is in a managed
// file.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <functional>

#include "in_child.h"
#include "managed_file.h"

extern "C" {
void *__memcpy_chk(void *, const void *, size_t, size_t);
void *__memmove_chk(void *, const void *, size_t, size_t);
void *__mempcpy_chk(void *, const void *, size_t, size_t);
void *__memset_chk(void *, int, size_t, size_t);
void __explicit_bzero_chk(void *, size_t, size_t);
char *__strcpy_chk(char *, const char *, size_t);
char *__stpcpy_chk(char *, const char *, size_t);
char *__strncpy_chk(char *, const char *, size_t, size_t);
char *__stpncpy_chk(char *, const char *, size_t, size_t);
char *__strcat_chk(char *, const char *, size_t);
char *__strncat_chk(char *, const char *, size_t, size_t);
wchar_t *__wmemcpy_chk(wchar_t *, const wchar_t *, size_t, size_t);
wchar_t *__wmemset_chk(wchar_t *, wchar_t, size_t, size_t);
wchar_t *__wcscpy_chk(wchar_t *, const wchar_t *, size_t);
wchar_t *__wcscat_chk(wchar_t *, const wchar_t *, size_t);
int __sprintf_chk(char *, int, size_t, const char *, ...);
int __snprintf_chk(char *, size_t, int, size_t, const char *, ...);
size_t __fread_chk(void *, size_t, size_t, size_t, FILE *);
}

TEST_CASE("a fortified function ends the program at the first byte too many, and not before") {
  test::ManagedFile file(4096);
  char *to = file.begin();
  auto *wide = reinterpret_cast<wchar_t *>(to);
  char four[] = "1234";
  // The destination has `size` bytes or wide characters; five are needed.
  const std::pair<const char *, std::function<void(size_t)>> calls[] = {
      {"__memcpy_chk", [&](size_t size) { __memcpy_chk(to, four, 5, size); }},
      {"__memmove_chk", [&](size_t size) { __memmove_chk(to, four, 5, size); }},
      {"__mempcpy_chk", [&](size_t size) { __mempcpy_chk(to, four, 5, size); }},
      {"__memset_chk", [&](size_t size) { __memset_chk(to, 1, 5, size); }},
      {"__explicit_bzero_chk", [&](size_t size) { __explicit_bzero_chk(to, 5, size); }},
      {"__strcpy_chk", [&](size_t size) { __strcpy_chk(to, four, size); }},
      {"__stpcpy_chk", [&](size_t size) { __stpcpy_chk(to, four, size); }},
      {"__strncpy_chk", [&](size_t size) { __strncpy_chk(to, four, 5, size); }},
      {"__stpncpy_chk", [&](size_t size) { __stpncpy_chk(to, four, 5, size); }},
      {"__strcat_chk", [&](size_t size) { __strcat_chk(strcpy(to, "12"), "34", size); }},
      {"__strncat_chk", [&](size_t size) { __strncat_chk(strcpy(to, "12"), "3456", 2, size); }},
      {"__wmemcpy_chk", [&](size_t size) { __wmemcpy_chk(wide, L"1234", 5, size); }},
      {"__wmemset_chk", [&](size_t size) { __wmemset_chk(wide, L'x', 5, size); }},
      {"__wcscpy_chk", [&](size_t size) { __wcscpy_chk(wide, L"1234", size); }},
      {"__wcscat_chk", [&](size_t size) { __wcscat_chk(wcscpy(wide, L"12"), L"34", size); }},
      {"__sprintf_chk", [&](size_t size) { __sprintf_chk(to, 1, size, "%s", four); }},
      {"__snprintf_chk", [&](size_t size) { __snprintf_chk(to, 5, 1, size, "%s", four); }},
      {"__fread_chk", [&](size_t size) { __fread_chk(to, size, 1, 5, stdin); }},
  };
  const auto status_with = [](const std::function<void(size_t)> &call, size_t size) {
    return test::in_child([&] {
      const rlimit no_core = {0, 0};
      setrlimit(RLIMIT_CORE, &no_core);
      (void)!freopen("/dev/null", "w", stderr);
      (void)!freopen("/dev/null", "r", stdin);
      signal(SIGABRT, SIG_DFL);
      call(size);
      return 0;
    });
  };
  for (const auto &[name, call] : calls) {
    INFO(name);
    CHECK(status_with(call, 5) == 0);
    CHECK(status_with(call, 4) == 128 + SIGABRT);
  }
}
