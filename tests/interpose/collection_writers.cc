#include <argz.h>
#include <dirent.h>
#include <envz.h>
#include <execinfo.h>
#include <fcntl.h>
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

#include <catch2/catch.hpp>

#include "temp_dir.h"
#include "tracked_call.h"

using test::at;

extern "C" {
void __argz_stringify(char *, size_t, int);
int __backtrace(void **, int);
int __asprintf(char **, const char *, ...);
int __asprintf_chk(char **, int, const char *, ...);
int __vasprintf_chk(char **, int, const char *, va_list);
char *__strsep_g(char **, const char *);
int _IO_fgetpos(FILE *, fpos_t *);
int _IO_fgetpos64(FILE *, fpos64_t *);
size_t _IO_sgetn(FILE *, void *, size_t);
size_t _IO_fread(void *, size_t, size_t, FILE *);
char *_IO_fgets(char *, int, FILE *);
char *_IO_gets(char *);
int _IO_sprintf(char *, const char *, ...);
int _IO_vsprintf(char *, const char *, va_list);
}

namespace {

void put(char *to, const char *text) { memcpy(to, text, strlen(text) + 1); }

// A vector of texts whose pointer and length are in the file, and the texts on the heap, as libc will have
// them.
void vector_of_texts() {
  put(at<char>(6), "a=1:b=2:c");
  REQUIRE(argz_create_sep(at<char>(6), ':', at<char *>(0), at<size_t>(1)) == 0);
}
#define ON_VECTOR(...) TRACKED_AFTER(vector_of_texts(), __VA_ARGS__)

int descending(const void *a, const void *b) {
  const int x = *static_cast<const int *>(a), y = *static_cast<const int *>(b);
  return (x < y) - (x > y);
}

// A stream with something to read.
struct Stream {
  FILE *file = tmpfile();
  explicit Stream(const char *text) {
    fputs(text, file);
    rewind(file);
  }
  ~Stream() { fclose(file); }
};

int with_list(int (*function)(char **, const char *, va_list), ...) {
  va_list arguments;
  va_start(arguments, function);
  const int result = function(at<char *>(0), "%d", arguments);
  va_end(arguments);
  return result;
}

}  // namespace

TEST_CASE("vectors of texts are tracked") {
  char *const words[] = {const_cast<char *>("x"), const_cast<char *>("y"), nullptr};
  TRACKED(argz_create(words, at<char *>(0), at<size_t>(1)));
  TRACKED(argz_create_sep("x:y", ':', at<char *>(0), at<size_t>(1)));
  ON_VECTOR(argz_append(at<char *>(0), at<size_t>(1), "more", 5));
  ON_VECTOR(argz_add(at<char *>(0), at<size_t>(1), "more"));
  ON_VECTOR(argz_add_sep(at<char *>(0), at<size_t>(1), "more:and", ':'));
  ON_VECTOR(argz_insert(at<char *>(0), at<size_t>(1), *at<char *>(0), "first"));
  ON_VECTOR(argz_replace(at<char *>(0), at<size_t>(1), "c", "ccc", at<unsigned>(2)));
  ON_VECTOR(argz_delete(at<char *>(0), at<size_t>(1), *at<char *>(0)));
  ON_VECTOR(envz_add(at<char *>(0), at<size_t>(1), "d", "4"));
  ON_VECTOR(envz_merge(at<char *>(0), at<size_t>(1), "d=4", 4, 1));
  ON_VECTOR(envz_remove(at<char *>(0), at<size_t>(1), "a"));
  ON_VECTOR(envz_strip(at<char *>(0), at<size_t>(1)));
  TRACKED(argz_extract("x\0y", 4, at<char *>(0)));
  // Texts that lie in the file themselves.
  TRACKED_AFTER(memcpy(at<char>(0), "one\0two\0three", 14), argz_stringify(at<char>(0), 14, ','));
  TRACKED_AFTER(memcpy(at<char>(0), "one\0two\0three", 14), __argz_stringify(at<char>(0), 14, ','));
  const auto in_file = [] {
    memcpy(at<char>(2), "one\0two\0three", 14);
    *at<char *>(0) = at<char>(2), *at<size_t>(1) = 14;
  };
  TRACKED_AFTER(in_file(), argz_delete(at<char *>(0), at<size_t>(1), at<char>(2)));
}

TEST_CASE("links, arrays, trees and tables are tracked") {
  struct Element {
    Element *next, *previous;
  };
  const auto ring = [] {
    for (int i : {0, 1, 2}) *at<Element>(i) = {};
    at<Element>(0)->next = at<Element>(1), at<Element>(1)->previous = at<Element>(0);
  };
  TRACKED_AFTER(ring(), insque(at<Element>(2), at<Element>(0)));
  TRACKED_AFTER((ring(), insque(at<Element>(2), at<Element>(0))), remque(at<Element>(2)));
  const int key = 7;
  TRACKED_AFTER((*at<size_t>(1) = 3), lsearch(&key, at<int>(0), at<size_t>(1), sizeof(int), descending));
  TRACKED_AFTER((*at<void *>(0) = nullptr), tsearch(&key, at<void *>(0), descending));
  TRACKED_AFTER((*at<void *>(0) = nullptr, tsearch(&key, at<void *>(0), descending)),
                tdelete(&key, at<void *>(0), descending));
  const auto table = [] { return at<hsearch_data>(0); };
  TRACKED_AFTER((*table() = {}), hcreate_r(10, table()));
  const ENTRY entry = {const_cast<char *>("key"), nullptr};
  TRACKED_AFTER((*table() = {}, hcreate_r(10, table())), hsearch_r(entry, ENTER, at<ENTRY *>(1), table()));
  TRACKED_AFTER((*table() = {}, hcreate_r(10, table())), hdestroy_r(table()));
}

TEST_CASE("states of random number generators are tracked, with their tables") {
  const auto state = [] { return at<random_data>(0); };
  const auto started = [&] { *state() = {}, initstate_r(5, at<char>(1), 256, state()); };
  const auto second_table = [&] { started(), initstate_r(6, at<char>(2), 128, state()); };
  TRACKED_AFTER((*state() = {}), initstate_r(5, at<char>(1), 256, state()));
  TRACKED_AFTER(started(), initstate_r(6, at<char>(2), 128, state()));
  TRACKED_AFTER(second_table(), setstate_r(at<char>(1), state()));
  TRACKED_AFTER(started(), srandom_r(9, state()));
  TRACKED_AFTER(started(), random_r(state(), at<int32_t>(3)));
  const auto data = [] { return at<drand48_data>(0); };
  const auto x = [] { return at<unsigned short>(1); };
  const auto seeded = [&] { srand48_r(5, data()); };
  TRACKED_AFTER(seeded(), erand48_r(x(), data(), at<double>(2)));
  TRACKED_AFTER(seeded(), nrand48_r(x(), data(), at<long>(2)));
  TRACKED_AFTER(seeded(), jrand48_r(x(), data(), at<long>(2)));
  TRACKED_AFTER(seeded(), seed48_r(x(), data()));
  unsigned short seven[7] = {1, 2, 3, 4, 5, 6, 7};
  TRACKED_AFTER(seeded(), lcong48_r(seven, data()));
  TRACKED(arc4random_buf(at<char>(0), 200));
}

TEST_CASE("options and paths that are cut in place are tracked") {
  char *const tokens[] = {const_cast<char *>("ro"), const_cast<char *>("size"), nullptr};
  const auto options = [] { put(at<char>(0), "size=5,ro"), *at<char *>(1) = at<char>(0); };
  TRACKED_AFTER(options(), getsubopt(at<char *>(1), tokens, at<char *>(2)));
  TRACKED_AFTER((put(at<char>(0), "a b"), *at<char *>(1) = at<char>(0)), __strsep_g(at<char *>(1), " "));
  const option longs[] = {{"yes", 0, nullptr, 1}, {}};
  const auto words = [] {
    at<char *>(0)[0] = const_cast<char *>("program"), at<char *>(0)[1] = const_cast<char *>("word");
    at<char *>(0)[2] = const_cast<char *>("--yes"), at<char *>(0)[3] = nullptr;
    optind = 0;
  };
  TRACKED_AFTER(words(), getopt_long(3, at<char *>(0), "y", longs, at<int>(1)));
  TRACKED_AFTER(words(), getopt_long_only(3, at<char *>(0), "y", longs, at<int>(1)));
  // Moves words only once it is through with the options.
  opterr = 0;
  TRACKED_AFTER((words(), at<char *>(0)[2] = const_cast<char *>("-y")),
                (getopt(3, at<char *>(0), "y"), getopt(3, at<char *>(0), "y")));
  TRACKED_AFTER(put(at<char>(0), "/folder/file"), dirname(at<char>(0)));
  TRACKED_AFTER(put(at<char>(0), "/folder/file///"), __xpg_basename(at<char>(0)));
}

TEST_CASE("names of temporary files are tracked") {
  const test::TempDir dir;
  const auto name = [&] { put(at<char>(0), (dir / "nameXXXXXX").c_str()); };
  const auto with_end = [&] { put(at<char>(0), (dir / "nameXXXXXX.end").c_str()); };
  TRACKED_AFTER(name(), close(mkstemp(at<char>(0))));
  TRACKED_AFTER(name(), close(mkstemp64(at<char>(0))));
  TRACKED_AFTER(name(), close(mkostemp(at<char>(0), O_CLOEXEC)));
  TRACKED_AFTER(name(), close(mkostemp64(at<char>(0), O_CLOEXEC)));
  TRACKED_AFTER(with_end(), close(mkstemps(at<char>(0), 4)));
  TRACKED_AFTER(with_end(), close(mkstemps64(at<char>(0), 4)));
  TRACKED_AFTER(with_end(), close(mkostemps(at<char>(0), 4, O_CLOEXEC)));
  TRACKED_AFTER(with_end(), close(mkostemps64(at<char>(0), 4, O_CLOEXEC)));
  TRACKED_AFTER(name(), mkdtemp(at<char>(0)));
  TRACKED_AFTER(name(), mktemp(at<char>(0)));
  TRACKED(tmpnam(at<char>(0)));
  TRACKED(tmpnam_r(at<char>(0)));
}

TEST_CASE("entries of folders, patterns and words are tracked") {
  DIR *const folder = opendir("/");
  TRACKED(readdir_r(folder, at<dirent>(0), at<dirent *>(1)));
  TRACKED(readdir64_r(folder, at<dirent64>(0), at<dirent64 *>(1)));
  closedir(folder);
  const int fd = open("/", O_RDONLY | O_DIRECTORY);
  TRACKED((lseek(fd, 0, SEEK_SET), getdents64(fd, at<char>(0), 2000)));
  TRACKED((lseek(fd, 0, SEEK_SET), getdirentries(fd, at<char>(0), 2000, at<off_t>(1))));
  TRACKED((lseek(fd, 0, SEEK_SET), getdirentries64(fd, at<char>(0), 2000, at<off64_t>(1))));
  close(fd);
  TRACKED(glob("/*", 0, nullptr, at<glob_t>(0)));
  TRACKED(glob64("/*", 0, nullptr, at<glob64_t>(0)));
  TRACKED_AFTER(glob("/*", 0, nullptr, at<glob_t>(0)), globfree(at<glob_t>(0)));
  TRACKED_AFTER(glob64("/*", 0, nullptr, at<glob64_t>(0)), globfree64(at<glob64_t>(0)));
  TRACKED(wordexp("some words", at<wordexp_t>(0), 0));
  TRACKED_AFTER(wordexp("some words", at<wordexp_t>(0), 0), wordfree(at<wordexp_t>(0)));
}

TEST_CASE("texts that are allocated are tracked by their pointers") {
  TRACKED(asprintf(at<char *>(0), "%d", 1));
  TRACKED(__asprintf(at<char *>(0), "%d", 1));
  TRACKED(__asprintf_chk(at<char *>(0), 1, "%d", 1));
  TRACKED(with_list(vasprintf, 1));
  TRACKED(with_list(
      [](char **to, const char *format, va_list list) { return __vasprintf_chk(to, 1, format, list); }, 1));
}

TEST_CASE("conversions between character sets are tracked") {
  const iconv_t how = iconv_open("UTF-16LE", "UTF-8");
  REQUIRE(how != reinterpret_cast<iconv_t>(-1));
  const auto prepare = [] {
    put(at<char>(0), "some text that becomes longer than a line");
    *at<char *>(1) = at<char>(0), *at<size_t>(2) = 41;
    *at<char *>(3) = at<char>(5), *at<size_t>(4) = 100;
  };
  TRACKED_AFTER(prepare(), iconv(how, at<char *>(1), at<size_t>(2), at<char *>(3), at<size_t>(4)));
  iconv_close(how);
}

TEST_CASE("traces and positions are tracked") {
  TRACKED(backtrace(at<void *>(0), 10));
  TRACKED(__backtrace(at<void *>(0), 10));
  TRACKED(fgetpos(Stream("text").file, at<fpos_t>(0)));
  TRACKED(fgetpos64(Stream("text").file, at<fpos64_t>(0)));
  TRACKED(_IO_fgetpos(Stream("text").file, at<fpos_t>(0)));
  TRACKED(_IO_fgetpos64(Stream("text").file, at<fpos64_t>(0)));
}

TEST_CASE("stdio by its old names is tracked") {
  TRACKED(_IO_sgetn(Stream("some text").file, at<char>(0), 9));
  TRACKED(_IO_fread(at<char>(0), 1, 9, Stream("some text").file));
  TRACKED(_IO_fgets(at<char>(0), 9, Stream("some text").file));
  TRACKED([] {
    const Stream stream("a line\n");
    FILE *was = stdin;
    stdin = stream.file;
    _IO_gets(at<char>(0));
    stdin = was;
    return 0;
  }());
  TRACKED(_IO_sprintf(at<char>(0), "%0100d", 1));
  TRACKED([](int n, ...) {
    va_list arguments;
    va_start(arguments, n);
    _IO_vsprintf(at<char>(0), "%0100d", arguments);
    va_end(arguments);
    return 0;
  }(1, 5));
}
